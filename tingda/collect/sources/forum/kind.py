"""The kind “forum”: Discourse, NodeBB and Flarum, by the data they offer to everybody."""

from collections.abc import Mapping
from typing import Any

from tingda.collect.sources.contract import Kind, Option
from tingda.collect.sources.forum.places import is_a_persons
from tingda.collect.sources.forum.recognise import recognise
from tingda.collect.sources.forum.walk import look, of_a_person
from tingda.lib.words import mark as _


def check(address: str, _options: Mapping[str, Any]) -> str:
    """The address without what follows a #. Refuses the page of a person."""
    if is_a_persons(address):
        raise of_a_person()
    return address.partition("#")[0]


KIND = Kind(
    look=look,
    recognise=recognise,
    check=check,
    options=(
        Option(
            "software",
            _("论坛程序"),
            help=_("不知道就不选，会自动认出"),
            form="choice",
            choices=(
                ("", _("自动认出")),
                ("discourse", "Discourse"),
                ("nodebb", "NodeBB"),
                ("flarum", "Flarum"),
            ),
        ),
    ),
    address_label=_("论坛、版块或帖子的网址"),
    address_help=_("从浏览器地址栏复制。只听公开的版块，不登录"),
)
