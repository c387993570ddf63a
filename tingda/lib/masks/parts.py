"""What a mask is, and the lists by which masks are found."""

from dataclasses import dataclass
from pathlib import Path

from tingda.lib.wordlists import lists

KINDS = ("email", "idcard", "bankcard", "phone", "plate", "account", "address", "name")
"""Where two masks overlap, the kind that stands first here is the one kept."""


@dataclass(frozen=True, slots=True, order=True)
class Mask:
    """Personal data in a text: characters `[start, end)` and one of KINDS."""

    start: int
    end: int
    kind: str


def words(table: str) -> dict[str, list[str]]:
    """The lists of one table of `words.toml`."""
    return lists(Path(__file__).with_name("words.toml"), table)


def one_of(choices: list[str]) -> str:
    """The inside of a pattern that matches one of the words, the longest first."""
    return "|".join(sorted(set(choices), key=lambda word: (-len(word), word)))
