"""What a case expects of a feed, read as Python is written and never run.

Only comparisons of kept things with literals are understood; see `evaluate.feeds` for what counts.
"""

import ast
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal

from tingda.collect.rules import Entry
from tingda.collect.sources.feed.parts import Feed, Ground, moment, one_line
from tingda.lib.dates import EARLIEST_YEAR

Verdict = Literal["passed", "failed", "not_applicable"]
Key = str | int
Path = tuple[Key, ...]

# feedparser's names for one thing; what it calls description stands in Tingda's text.
_TEXTS = ("summary", "description")
_DETAILS = ("summary_detail", "description_detail")
_TIMES = ("published", "updated", "created", "issued", "modified", "date")
_ENTRY: dict[Path, str] = {
    ("title",): "title",
    ("title_detail", "value"): "title",
    ("link",): "url",
    ("id",): "guid",
    ("guid",): "guid",
    ("author",): "author",
    ("language",): "lang",
    ("title_detail", "language"): "lang",
    ("content", 0, "value"): "text",
    ("content", 0, "language"): "lang",
    **{(name,): "text" for name in _TEXTS},
    **{(name, "value"): "text" for name in _DETAILS},
    **{(name, "language"): "lang" for name in _DETAILS},
    **{(name,): "said_at" for name in _TIMES},
    **{(f"{name}_parsed",): "said_at" for name in _TIMES},
}
_FEED: dict[Path, str] = {
    ("title",): "title",
    ("title_detail", "value"): "title",
    ("link",): "link",
    ("language",): "lang",
}
_KNOWN = MappingProxyType({"entry": _ENTRY, "feed": _FEED})
_ABOUT = MappingProxyType(
    {
        "bozo": "whether the feed was well-formed is not kept",
        "bozo_exception": "whether the feed was well-formed is not kept",
        "encoding": "the name of the charset is not kept, only the text read in it",
        "version": "the kind and version of the feed are not kept",
        "namespaces": "namespaces are not kept",
    }
)
_COMPARED: MappingProxyType[type[ast.cmpop], Callable[[object, object], bool]] = MappingProxyType(
    {
        ast.Eq: operator.eq,
        ast.Is: operator.eq,
        ast.NotEq: operator.ne,
        ast.IsNot: operator.ne,
    }
)


class _NotOursError(Exception):
    """A clause about something that Tingda does not keep."""


class _NotMetError(Exception):
    """A clause that does not hold, with what was found."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """One kept value: `kind` is how it is compared."""

    kind: str
    value: object


def judge(expected: str, feed: Feed, ground: Ground) -> tuple[Verdict, str]:
    """Whether `feed` is what the expression expects; the reason where it is not, or is not ours."""
    if not expected.strip():
        return "passed", ""
    try:
        tree = ast.parse(expected.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "not_applicable", "the expectation cannot be read"
    reasons: list[str] = []
    held = 0
    for clause in _clauses(tree):
        try:
            _hold(clause, feed, ground)
            held += 1
        except _NotOursError as why:
            reasons.append(str(why))
        except _NotMetError as why:
            return "failed", str(why)
    if held:
        return "passed", ""
    return "not_applicable", reasons[-1]


def _clauses(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for part in node.values:
            yield from _clauses(part)
    elif isinstance(node, ast.Compare) and len(node.ops) > 1:  # a == b == "x"
        for part in (node.left, *node.comparators[:-1]):
            yield ast.Compare(part, node.ops[-1:], node.comparators[-1:])
    else:
        yield node


def _hold(clause: ast.expr, feed: Feed, ground: Ground) -> None:
    if not _true(clause, feed, ground):
        raise _NotMetError(f"not so: {ast.unparse(clause)}; found {_found(clause, feed)}")


def _found(clause: ast.expr, feed: Feed) -> str:
    for node in ast.walk(clause):
        if isinstance(node, ast.Subscript | ast.Attribute):
            try:
                return repr(_kept(_path(node), feed).value)[:200]
            except (_NotOursError, _NotMetError):
                continue
    return "nothing"


def _true(node: ast.expr, feed: Feed, ground: Ground) -> bool:
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _true(node.operand, feed, ground)
    if isinstance(node, ast.BoolOp):
        held = [_true(part, feed, ground) for part in node.values]
        return all(held) if isinstance(node.op, ast.And) else any(held)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compared(node, feed, ground)
    if isinstance(node, ast.Call):
        return _has(node, feed)
    return bool(_kept(_path(node), feed).value)


def _compared(node: ast.Compare, feed: Feed, ground: Ground) -> bool:
    sign, left, right = node.ops[0], node.left, node.comparators[0]
    if isinstance(sign, ast.In | ast.NotIn):
        name = _literal(left)
        there = bool(_kept((*_path(right), _key(name)), feed).value)
        return there is isinstance(sign, ast.In)
    if type(sign) not in _COMPARED:
        raise _NotOursError(f"no comparison that is understood: {ast.unparse(node)}")
    kept, wanted = _side(left, feed), _literal(right)
    return _COMPARED[type(sign)](*_alike(kept, wanted, ground))


def _side(node: ast.expr, feed: Feed) -> _Kept:
    """A kept value, or `len()` or `ord()` of one."""
    if not isinstance(node, ast.Call):
        return _kept(_path(node), feed)
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in ("len", "ord") and len(node.args) == 1:
        if name == "len" and _path(node.args[0]) in (("entries",), ("items",)):
            return _Kept("exact", len(feed.entries))
        value = _kept(_path(node.args[0]), feed).value
        if name == "ord" and isinstance(value, str):
            return _Kept("exact", ord(value) if len(value) == 1 else value)
    return _kept(_asked_for(node), feed)


def _has(node: ast.Call, feed: Feed) -> bool:
    """`x.has_key('name')` and `x.get('name')`: whether it is there."""
    return bool(_kept(_asked_for(node), feed).value)


def _asked_for(node: ast.Call) -> Path:
    known = isinstance(node.func, ast.Attribute) and node.func.attr in ("has_key", "get")
    if not known or not node.args:
        raise _NotOursError(_about(node))
    assert isinstance(node.func, ast.Attribute)  # noqa: S101 - told to the type checker
    return (*_path(node.func.value), _key(_literal(node.args[0])))


def _path(node: ast.expr) -> Path:
    """`entries[0]['title']` and `entries[0].title` as ("entries", 0, "title")."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (*_path(node.value), node.attr)
    if isinstance(node, ast.Subscript):
        return (*_path(node.value), _key(_literal(node.slice)))
    raise _NotOursError(_about(node))


def _about(node: ast.expr) -> str:
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return next(
        (_ABOUT[name] for name in sorted(names) if name in _ABOUT),
        f"not about what is kept: {ast.unparse(node)}",
    )


def _literal(node: ast.expr) -> object:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal(node.left), _literal(node.right)
        if isinstance(left, str) and isinstance(right, str):
            return left + right
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError) as error:
        raise _NotOursError(f"compared with no literal: {ast.unparse(node)}") from error
    return value


def _key(value: object) -> Key:
    if isinstance(value, str | int):
        return value
    raise _NotOursError(f"no name: {value!r}")


# --- what is kept ---


def _kept(path: Path, feed: Feed) -> _Kept:
    """The kept value a path names. Not ours where nothing such is kept."""
    name = str(path[0])
    if name in _ABOUT:
        raise _NotOursError(_ABOUT[name])
    if name in ("feed", "channel"):
        field = _field("feed", path[1:])
        return _Kept(field, getattr(feed, field))
    if name in ("entries", "items") and len(path) > 2 and isinstance(path[1], int):
        field = _field("entry", path[2:])
        if not -len(feed.entries) <= path[1] < len(feed.entries):
            raise _NotMetError(f"there is no entry {path[1]}")
        return _Kept(field, _value(feed.entries[path[1]], field))
    raise _NotOursError(f"{_written(path)} is not kept")


def _field(what: str, path: Path) -> str:
    try:
        return _KNOWN[what][path]
    except KeyError:
        raise _NotOursError(f"{_written(path)} of the {what} is not kept") from None


def _written(path: Path) -> str:
    return ".".join(map(str, path)) or "the whole"


def _value(entry: Entry, field: str) -> object:
    if field == "title" and entry.title == entry.url:
        return ""  # an entry of a link alone is shown by it
    return getattr(entry, field)


# --- the same on both sides ---


def _alike(kept: _Kept, wanted: object, ground: Ground) -> tuple[object, object]:
    """What was kept and what is wanted, in one form."""
    if kept.kind == "said_at":
        return _instant(kept.value), _instant(_wanted_time(wanted, ground))
    if wanted is None:
        return kept.value or None, None
    if isinstance(wanted, str) and kept.kind in ("title", "text", "author"):
        return " ".join(str(kept.value).split()), _words(wanted)
    return kept.value, wanted


def _words(wanted: str) -> str:
    words = one_line(wanted)
    if wanted.strip() and not words:
        raise _NotOursError("expects markup alone, and only words are kept")
    return words


def _wanted_time(wanted: object, ground: Ground) -> datetime | None:
    if isinstance(wanted, str):
        return moment((wanted,), ground)[0]
    if isinstance(wanted, tuple) and len(wanted) >= 6:
        try:
            wanted_at = datetime(*wanted[:6]).replace(tzinfo=UTC)  # noqa: DTZ001 - set at once
        except (TypeError, ValueError) as error:
            raise _NotOursError("no time") from error
        if wanted_at.year < EARLIEST_YEAR:
            raise _NotOursError(f"a time before {EARLIEST_YEAR} is taken for a mistake")
        return wanted_at
    if wanted is None:
        return None
    raise _NotOursError("no time")


def _instant(value: object) -> datetime | None:
    return value.astimezone(UTC) if isinstance(value, datetime) else None
