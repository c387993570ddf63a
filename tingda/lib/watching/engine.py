"""Many rules at once: one pass over the texts finds the few rules that are worth a closer look."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from operator import attrgetter

import ahocorasick_rs

from tingda.lib.text import stands_alone
from tingda.lib.watching.evaluate import NO_LISTS, Lists, Match, Reading, judge
from tingda.lib.watching.fold import Readable, Said, fold_value, readable
from tingda.lib.watching.required import Choice, Costs, demands
from tingda.lib.watching.syntax import Node, Rule

CHUNK = 256
"""Texts that are searched as one; more would only cost memory."""

WINDOW = 200_000
"""Characters that are searched at once: finds are a list, and a long text may be full of them."""

MOST_CHOICES = 50
"""Words of which one must be there that are looked for before a closer look."""

_Musts = tuple[tuple[str, ...], tuple[tuple[str, str], ...], tuple[tuple[str, ...], ...]]
_Compiled = tuple[int, Node, _Musts]
_Holders = dict[str, list[_Compiled]]
_Named = dict[str, dict[str, list[_Compiled]]]


class Engine:
    """Rules by number, ready to be held against texts; does not change once made.

    `match` gives exactly what `evaluate.match` gives for each rule. A `sample` of what is usually
    said here tells which words are rare here, and makes 10,000 rules about four times as fast.
    """

    def __init__(
        self,
        rules: Mapping[int, Rule],
        lists: Lists = NO_LISTS,
        sample: Sequence[Readable] = (),
    ) -> None:
        self._lists = lists
        self._always: list[_Compiled] = []
        self._named: _Named = defaultdict(lambda: defaultdict(list))
        whole: _Holders = defaultdict(list)
        part: _Holders = defaultdict(list)
        costs = Costs(sample)
        for number, rule in rules.items():
            choices = demands(rule.root, lists, costs)
            compiled = (number, rule.root, _musts(choices[1:]))
            if not choices:
                self._always.append(compiled)
                continue
            for key in choices[0].keys:
                if key[0] == "field":
                    self._named[key[1]][key[2]].append(compiled)
                else:
                    (whole if key[0] == "whole" else part)[key[1]].append(compiled)
        words = sorted({*whole, *part})
        self._whole = [tuple(whole.get(word, ())) for word in words]
        self._part = [tuple(part.get(word, ())) for word in words]
        self._longest = max(map(len, words), default=0)
        self._automaton = ahocorasick_rs.AhoCorasick(
            words, implementation=ahocorasick_rs.Implementation.ContiguousNFA, store_patterns=False
        )

    def match(self, batch: Sequence[Said]) -> list[dict[int, Match]]:
        """For each text the rules that match it, and where."""
        return self.match_readable([readable(said) for said in batch])

    def match_readable(self, batch: Sequence[Readable]) -> list[dict[int, Match]]:
        """The same for texts that are folded already."""
        found: list[dict[int, Match]] = []
        for first in range(0, len(batch), CHUNK):
            texts = batch[first : first + CHUNK]
            tried: dict[int, list[_Compiled]] = {}
            self._find_words(texts, tried)
            self._find_names(texts, tried)
            if self._always:
                for index in range(len(texts)):
                    tried.setdefault(index, []).extend(self._always)
            matches: list[dict[int, Match]] = [{} for _text in texts]
            for index, rules in tried.items():
                matches[index] = self._verified(texts[index], rules)
            found += matches
        return found

    def _find_words(self, texts: Sequence[Readable], tried: dict[int, list[_Compiled]]) -> None:
        joined = [text.joined for text in texts]
        haystack = "\n".join(joined)
        ends = list(accumulate(len(text) + 1 for text in joined))
        whole, part = self._whole, self._part
        # the text for which a word's rules are already on the list: it may come a million times
        whole_done, part_done = dict[int, int](), dict[int, int]()
        index, limit = 0, ends[0]
        for word, start, end in self._finds(haystack):
            while end > limit:
                index += 1
                limit = ends[index]
            if part[word] and part_done.get(word) != index:
                part_done[word] = index
                tried.setdefault(index, []).extend(part[word])
            if whole[word] and whole_done.get(word) != index and stands_alone(haystack, start, end):
                whole_done[word] = index
                tried.setdefault(index, []).extend(whole[word])

    def _finds(self, haystack: str) -> Iterator[tuple[int, int, int]]:
        """Every word's number, start and end; never from a later text before an earlier one."""
        for first in range(0, len(haystack), WINDOW):
            piece = haystack[first : first + WINDOW + self._longest]
            for word, start, end in self._automaton.find_matches_as_indexes(
                piece, overlapping=True
            ):
                if start < WINDOW:
                    yield word, first + start, first + end

    def _find_names(self, texts: Sequence[Readable], tried: dict[int, list[_Compiled]]) -> None:
        for field, values in self._named.items():
            said = attrgetter(f"said.{field}")
            for index, value in enumerate(map(said, texts)):
                if value and (rules := values.get(fold_value(value))):
                    tried.setdefault(index, []).extend(rules)

    def _verified(self, text: Readable, tried: list[_Compiled]) -> dict[int, Match]:
        passed = {number: root for number, root, musts in tried if _may(text, musts)}
        if not passed:
            return {}
        reading = Reading(text, self._lists)
        return {
            number: match
            for number in sorted(passed)
            if (match := judge(passed[number], reading)) is not None
        }


def _may(text: Readable, musts: _Musts) -> bool:
    """Whether what must be there is: words, values of fields, and one of several words."""
    words, names, choices = musts
    joined = text.joined
    for word in words:
        if word not in joined:
            return False
    for name, value in names:
        if fold_value(getattr(text.said, name)) != value:
            return False
    for choice in choices:
        for word in choice:
            if word in joined:
                break
        else:
            return False
    return True


def _musts(choices: list[Choice]) -> _Musts:
    """What else must be there, looked for before a closer look: letters, values of fields, and
    letters of which one must be there."""
    single = [key for choice in choices if len(choice.keys) == 1 for key in choice.keys]
    words = tuple(dict.fromkeys(key[1] for key in single if key[0] != "field"))
    names = tuple((key[1], key[2]) for key in single if key[0] == "field")
    several = (choice.keys for choice in choices if 1 < len(choice.keys) <= MOST_CHOICES)
    one_of = (
        tuple(sorted({key[1] for key in keys}))
        for keys in several
        if all(key[0] != "field" for key in keys)
    )
    return words, names, tuple(one_of)
