"""Texts heard before, asked for the one that a new text repeats."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rensa import RMinHash, RMinHashLSH

from tingda.lib.repeats.said import Said, core, read
from tingda.lib.repeats.verdict import SHORTEST_NEAR, Verdict, compared

PERMUTATIONS, BANDS = 48, 16
"""Three rows a band: two texts with 0.6 of their grams in common meet with a chance of 0.98."""

GRAM = 3
MOST_GRAMS = 600
"""Characters of a text by which candidates are looked for."""

MOST_VERIFIED = 12
"""Candidates compared in full. A template filled a thousand times has a thousand candidates."""


@dataclass(frozen=True, slots=True)
class Found:
    """The key of the earliest text found that is repeated, and why."""

    key: int
    verdict: Verdict


class Repeats:
    """An index in memory: add texts by their keys, ask which of them a text repeats.

    Texts of fewer than `shortest` tokens (谢谢) are neither kept nor found: said twice they are
    said by two people. Holds about 2 KB a text; `forget` drops old ones.
    """

    def __init__(self, shortest: int = SHORTEST_NEAR) -> None:
        self._shortest = shortest
        self._lsh = RMinHashLSH(threshold=0.4, num_perm=PERMUTATIONS, num_bands=BANDS)
        self._texts: dict[int, str] = {}  # what `core` gave, by key
        self._exact: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, key: int, text: str) -> None:
        """Keep a text; a key that is kept already gets the new text."""
        plain = core(text)
        said = read(plain)
        self._keep(key, plain, said, _sketch(said))

    def find(self, text: str) -> Found | None:
        """The earliest kept text that this one repeats; None if there is none."""
        plain = core(text)
        said = read(plain)
        return self._same(said) or self._near(plain, said, _sketch(said))

    def meet(self, key: int, text: str) -> Found | None:
        """Find, and keep the text if it repeats none: the usual way through a stream."""
        plain = core(text)
        said = read(plain)
        if same := self._same(said):
            return same
        sketch = _sketch(said)
        found = self._near(plain, said, sketch)
        if found is None:
            self._keep(key, plain, said, sketch)
        return found

    def meet_all(self, texts: Iterable[tuple[int, str]]) -> Iterator[tuple[int, Found | None]]:
        """`meet` for a batch of keys and texts, in their order."""
        for key, text in texts:
            yield key, self.meet(key, text)

    def forget(self, keys: Iterable[int]) -> None:
        """Drop texts; keys that are not kept are passed over."""
        for key in keys:
            plain = self._texts.pop(key, None)
            if plain is None:
                continue
            self._lsh.remove(key)
            digest = read(plain).key
            if self._exact.get(digest) == key:
                del self._exact[digest]

    def _keep(self, key: int, plain: str, said: Said, sketch: RMinHash) -> None:
        self.forget([key])
        if len(said.tokens) < self._shortest:
            return
        self._texts[key] = plain
        self._exact.setdefault(said.key, key)
        self._lsh.insert(key, sketch)

    def _same(self, said: Said) -> Found | None:
        key = self._exact.get(said.key)
        return None if key is None else Found(key, Verdict(True, {"by": "same"}))

    def _near(self, plain: str, said: Said, sketch: RMinHash) -> Found | None:
        if len(said.tokens) < self._shortest:
            return None
        for key in self._candidates(len(plain), sketch):
            verdict = compared(read(self._texts[key]), said)
            if verdict.repeat:
                return Found(key, verdict)
        return None

    def _candidates(self, size: int, sketch: RMinHash) -> list[int]:
        """Those nearest in length first, and of these the earliest."""
        near: list[int] = self._lsh.query(sketch)
        near.sort(key=lambda key: (abs(len(self._texts[key]) - size) // 4, key))
        return near[:MOST_VERIFIED]


def _sketch(said: Said) -> RMinHash:
    text = "".join(said.tokens)[:MOST_GRAMS]
    sketch = RMinHash(num_perm=PERMUTATIONS, seed=1)
    sketch.update([text[i : i + GRAM] for i in range(max(1, len(text) - GRAM + 1))])
    return sketch
