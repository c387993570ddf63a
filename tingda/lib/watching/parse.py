"""A rule from its text, or a refusal that points at the character and says what to write."""

from collections.abc import Collection

import lark

from tingda.lib.refusal import Refused
from tingda.lib.watching import atoms
from tingda.lib.watching.fold import fold_value
from tingda.lib.watching.grammar import GRAMMAR, written
from tingda.lib.watching.syntax import (
    And,
    Listed,
    Near,
    Node,
    Not,
    Or,
    Pattern,
    Prefix,
    Rule,
    Step,
    Term,
    Word,
    all_of,
    any_of,
    none_of,
    terms_of,
)
from tingda.lib.watching.trouble import Trouble
from tingda.lib.words import mark as _

LONGEST = 4000
"""Characters of a rule; what is longer belongs into a word list."""

DEEPEST = 30
"""Brackets inside each other."""

FARTHEST = 20
"""Chinese characters or Latin words between two terms that are still near."""

_BAD = {
    "BAD_NEAR": _("第 %(at)s 个字：NEAR 后面要写距离，例如 停水 NEAR/5 小区"),
    "BAD_MINUS": _(
        "第 %(at)s 个字：减号要紧贴在它排除的词前面，例如 停水 -通知；要找减号本身，请加引号"
    ),
    "BAD_REGEX": _("第 %(at)s 个字：正则要用两条斜线围住，例如 /停.{0,2}水/；里面的斜线写成 \\/"),
    "BAD_TILDE": _("第 %(at)s 个字：~ 只能紧跟在引号后面，例如 “停水 小区”~5"),
    "BAD_QUOTE": _("第 %(at)s 个字：引号没有成对：补上另一半，或者去掉它"),
}
_OPERATORS = frozenset({"OR", "AND", "NOT", "MINUS", "NEAR"})
_OPENING = _OPERATORS | {"LPAR"}


def parse(text: str, lists: Collection[str] | None = None) -> Rule:
    """Read a rule. With `lists`, the names of the office's lists, others are refused.

    Refused (with `at`, the character from 1) whatever cannot be read in just one way.
    """
    if len(text) > LONGEST:
        raise Refused(
            _("第 %(at)s 个字：规则最长 %(most)s 个字，请拆成几条，或者把词放进名单"),
            at=LONGEST + 1,
            most=LONGEST,
        )
    rule = written(text)
    try:
        return _parse(rule.text, lists)
    except Trouble as trouble:
        raise trouble.refusal(rule.place(trouble.index)) from None


def _parse(text: str, lists: Collection[str] | None) -> Rule:
    tokens = list(_reader.lex(text))
    if not tokens:
        raise Trouble(0, _("第 %(at)s 个字：规则是空的：写上要找的词，例如 停水"))
    _check(tokens)
    try:
        root: Node = _reader.parse(text)  # type: ignore[assignment]  # the builder's, not a tree
    except lark.UnexpectedToken as error:
        raise _out_of_place(tokens, error.token) from None
    if not _looks_for(root):
        raise Trouble(
            0, _("第 %(at)s 个字：只有排除，没有要找的词：至少写一个要找的词，例如 停水 -通知")
        )
    if lists is not None:
        _check_lists(root, tokens, lists)
    return Rule(root)


def _check(tokens: list[lark.Token]) -> None:
    """What the signs alone tell: mistakes with a name, and brackets."""
    opened: list[lark.Token] = []
    for token, before in zip(tokens, ["", *(token.type for token in tokens)], strict=False):
        if token.type in _BAD:
            raise Trouble(_start(token), _BAD[token.type])
        if token.type == "LPAR":
            opened.append(token)
        elif token.type == "RPAR":
            _close(opened, token, empty=before == "LPAR")
        if len(opened) > DEEPEST:
            message = _("第 %(at)s 个字：括号套得太深，最多 %(most)s 层")
            raise Trouble(_start(token), message, most=DEEPEST)
    if opened:
        message = _("第 %(at)s 个字：这个左括号没有右括号：补上右括号，或者去掉它")
        raise Trouble(_start(opened[-1]), message)


def _close(opened: list[lark.Token], token: lark.Token, *, empty: bool) -> None:
    if empty:
        raise Trouble(_start(token), _("第 %(at)s 个字：括号里是空的：写上词，或者去掉括号"))
    if not opened:
        message = _("第 %(at)s 个字：这个右括号没有左括号：补上左括号，或者去掉它")
        raise Trouble(_start(token), message)
    opened.pop()


def _out_of_place(tokens: list[lark.Token], found: lark.Token) -> Trouble:
    """An operator without the word that it needs before or after it."""
    ended = found.type == "$END"
    number = len(tokens) if ended else [token.start_pos for token in tokens].index(found.start_pos)
    before = tokens[number - 1] if number else None
    if before and before.type in _OPERATORS and found.type in {*_OPERATORS, "RPAR", "$END"}:
        message = _("第 %(at)s 个字：“%(sign)s”后面少一个词；要找这个词本身，请加引号")
        return Trouble(_start(before), message, sign=str(before))
    message = _("第 %(at)s 个字：“%(sign)s”前面少一个词；要找这个词本身，请加引号")
    return Trouble(_start(found), message, sign=str(found))


def _check_lists(root: Node, tokens: list[lark.Token], lists: Collection[str]) -> None:
    known = {fold_value(name) for name in lists}
    for term in terms_of(root):
        if isinstance(term, Listed) and term.name not in known:
            at = next(
                _start(one) for one in tokens if fold_value(one.partition("@")[2]) == term.name
            )
            raise Trouble(
                at,
                _("第 %(at)s 个字：没有“%(name)s”这个名单：先建名单，或者改成已有的名字"),
                name=term.name,
            )


def _looks_for(node: Node) -> bool:
    """Whether anything is asked for, and not only excluded."""
    if isinstance(node, And | Or):
        return any(map(_looks_for, node.parts))
    return not isinstance(node, Not)


def _start(token: lark.Token) -> int:
    return token.start_pos or 0


class _Builder(lark.Transformer[lark.Token, Node]):
    """From the grammar's signs to our tree; lark calls it from the inside out while it reads."""

    def start(self, parts: list[Node]) -> Node:
        return parts[0]

    def any(self, parts: list[Node | lark.Token]) -> Node:
        return any_of(_nodes(parts))

    def all(self, parts: list[Node | lark.Token]) -> Node:
        return all_of(_nodes(parts))

    def negated(self, parts: list[Node | lark.Token]) -> Node:
        node = _nodes(parts)[0]
        return none_of(node) if len(parts) > 1 else node

    def bracket(self, parts: list[Node | lark.Token]) -> Node:
        return _nodes(parts)[0]

    def atom(self, parts: list[lark.Token]) -> Node:
        return atoms.read(parts[0], FARTHEST)

    def near(self, parts: list[Node | lark.Token]) -> Node:
        nodes = _nodes(parts)
        signs = [part for part in parts if isinstance(part, lark.Token)]
        if not signs:
            return nodes[0]
        steps = tuple(
            Step(atoms.distance(sign.partition("/")[2], _start(sign), FARTHEST), sign[0] == "O")
            for sign in signs
        )
        beside = [signs[0], *signs]  # the sign that an operand's refusal points at
        return Near(tuple(map(_operand, nodes, map(_start, beside))), steps)


def _nodes(parts: list[Node | lark.Token]) -> list[Node]:
    return [part for part in parts if not isinstance(part, lark.Token)]


def _operand(node: Node, near: int) -> tuple[Term, ...]:
    parts = node.parts if isinstance(node, Or) else (node,)
    terms = tuple(part for part in parts if isinstance(part, Word | Prefix | Pattern | Listed))
    if len(terms) != len(parts):
        raise Trouble(
            near,
            _("第 %(at)s 个字：NEAR 两边只能是词、引号里的词、字头*，或括号里用 OR 连起来的这些"),
        )
    return terms


# Made once: the tables cost a tenth of a second. Built while reading, a rule needs no recursion.
_reader = lark.Lark(
    GRAMMAR, parser="lalr", lexer="basic", keep_all_tokens=True, transformer=_Builder()
)
