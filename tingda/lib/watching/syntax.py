"""What a rule is once it is read: a tree that does not change, and its one canonical writing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TEXT_FIELDS = ("title", "body")
NAME_FIELDS = ("source", "site", "place", "topic", "intent", "lang", "channel")
NUMBER_FIELDS = ("urgency", "likes")
FIELDS = (*TEXT_FIELDS, *NAME_FIELDS, *NUMBER_FIELDS)

_PLAIN = re.compile(r"[^\W_]+(?:[-'.][^\W_]+)*")
_SIGN_WORDS = frozenset("且或非")


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase, folded; `field` is "title", "body" or "" for both."""

    text: str
    field: str = ""

    def __str__(self) -> str:
        return _fielded(self.field, quoted(self.text))


@dataclass(frozen=True, slots=True)
class Prefix:
    """Latin letters and any further letters, up to the word's end."""

    stem: str
    field: str = ""

    def __str__(self) -> str:
        return _fielded(self.field, f"{self.stem}*")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression of RE2, folded, without its slashes."""

    source: str
    field: str = ""

    def __str__(self) -> str:
        return _fielded(self.field, f"/{self.source}/")


@dataclass(frozen=True, slots=True)
class Listed:
    """Any word of a named list."""

    name: str
    field: str = ""

    def __str__(self) -> str:
        return _fielded(self.field, f"@{self.name}")


Term = Word | Prefix | Pattern | Listed


@dataclass(frozen=True, slots=True)
class Step:
    """At most `within` Chinese characters or Latin words between one term and the next."""

    within: int
    ordered: bool

    def __str__(self) -> str:
        return f"{'O' if self.ordered else ''}NEAR/{self.within}"


@dataclass(frozen=True, slots=True)
class Near:
    """Terms near each other: `steps[i]` lies between `operands[i]` and `operands[i + 1]`.

    An operand is any of several terms.
    """

    operands: tuple[tuple[Term, ...], ...]
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        written = [
            str(terms[0]) if len(terms) == 1 else f"({' OR '.join(map(str, terms))})"
            for terms in self.operands
        ]
        rest = [f" {step} {term}" for step, term in zip(self.steps, written[1:], strict=True)]
        return written[0] + "".join(rest)


@dataclass(frozen=True, slots=True)
class Named:
    """A field of names that is, or begins with (`starts`), a folded value."""

    field: str
    value: str
    starts: bool = False

    def __str__(self) -> str:
        return f"{self.field}:{f'{self.value}*' if self.starts else quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class Counted:
    """A field of numbers held against a number; `sign` is one of > >= < <= =."""

    field: str
    sign: str
    value: int

    def __str__(self) -> str:
        return f"{self.field}:{'' if self.sign == '=' else self.sign}{self.value}"


@dataclass(frozen=True, slots=True)
class Not:
    """Where its part does not match."""

    part: "Node"

    def __str__(self) -> str:
        return f"-{_bracketed(self.part)}"


@dataclass(frozen=True, slots=True)
class And:
    """Where all parts match."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Where at least one part matches."""

    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " OR ".join(map(str, self.parts))


Node = Term | Near | Named | Counted | Not | And | Or


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule; `str()` is its canonical text, which reads as the same rule again."""

    root: Node

    def __str__(self) -> str:
        return str(self.root)


def quoted(text: str) -> str:
    """A folded word as a rule writes it: in quotes wherever anything could be read as a sign."""
    if _PLAIN.fullmatch(text) and text not in _SIGN_WORDS:
        return text
    opening, closing = '""' if '"' not in text else "『』" if set("「」") & set(text) else "「」"
    return opening + text + closing


def all_of(parts: Iterable[Node]) -> Node:
    """Together, without brackets that change nothing."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And) else (part,))
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(parts: Iterable[Node]) -> Node:
    """One of them, without brackets that change nothing."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Or) else (part,))
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def none_of(part: Node) -> Node:
    """The opposite; twice turned is not turned."""
    return part.part if isinstance(part, Not) else Not(part)


def terms_of(node: Node) -> Iterator[Term]:
    """Every word, prefix, pattern and list that a rule names, also what it must not hold."""
    match node:
        case Near():
            for terms in node.operands:
                yield from terms
        case Not():
            yield from terms_of(node.part)
        case And() | Or():
            for part in node.parts:
                yield from terms_of(part)
        case Word() | Prefix() | Pattern() | Listed():
            yield node


def _fielded(field: str, written: str) -> str:
    return f"{field}:{written}" if field else written


def _bracketed(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or | Near) else str(node)
