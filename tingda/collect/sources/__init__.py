"""Kinds of source: a folder each under this one, and one line here."""

from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from tingda.lib.words import mark as _

if TYPE_CHECKING:
    from tingda.collect.sources.contract import Kind

# What the worker goes and looks at: the name of the folder, and what it is called on screen.
KINDS: MappingProxyType[str, str] = MappingProxyType(
    {
        "feed": _("订阅源"),
        "forum": _("论坛"),
        "fediverse": _("联邦社交网"),
        "page": _("网页"),
        "mailbox": _("邮箱"),
        "drop": _("投递"),
    }
)
# What people bring; nobody looks there.
BROUGHT: MappingProxyType[str, str] = MappingProxyType(
    {"import": _("导入的表格"), "hotline": _("来电来访"), "form": _("公众表单")}
)


@cache
def kind(name: str) -> "Kind":
    """The kind of this name, loaded when it is first used: some bring heavy libraries."""
    found: Kind = import_module(f"tingda.collect.sources.{name}.kind").KIND
    return found


def kind_name(name: str) -> str:
    """What a kind is called on screen (a msgid)."""
    return KINDS.get(name) or BROUGHT.get(name) or name
