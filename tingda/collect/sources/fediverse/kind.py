"""The kind “fediverse”: a hashtag on a Mastodon-compatible server, or the own account there."""

from collections.abc import Mapping
from typing import Any

from tingda.collect.sources.contract import Kind, Option, Pasted, Proposal
from tingda.collect.sources.fediverse.look import look, not_a_tag
from tingda.collect.sources.fediverse.places import Place, is_a_persons, place_of
from tingda.collect.sources.fediverse.server import Server
from tingda.collect.sources.fediverse.status import text
from tingda.collect.sources.manners import Manners
from tingda.lib.markup import plain_text
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _


def check(address: str, options: Mapping[str, Any]) -> str:
    """The address of the tag or of the own account. Refuses another person's account."""
    place = place_of(address)
    if options.get("what") == "mentions":
        if not place.account:
            raise Refused(_("请填写本单位自己账号的主页网址，如 https://服务器/@账号"))
        return place.address
    if is_a_persons(address):
        raise Refused(
            _(
                "这是一个账号的主页。听答不跟踪任何人的账号。如果这是本单位自己的账号，"
                "请选“对本单位账号的回复和提及”，并填写访问令牌"
            )
        )
    if not place.tag:
        raise not_a_tag()
    return place.address


def recognise(pasted: Pasted, manners: Manners) -> list[Proposal]:
    """A hashtag's page, or the page of what may be the own account. One address is asked."""
    address = pasted.came.url if pasted.came else pasted.address
    place = place_of(address)
    if not address.startswith("http") or not (place.tag or place.account):
        return []
    try:
        name = plain_text(text(Server(place.server, manners).object("/api/v1/instance")["title"]))
    except (Refused, KeyError):
        return []
    return [_hashtag(place, name) if place.tag else _mentions(place, name)]


def _hashtag(place: Place, name: str) -> Proposal:
    return Proposal(
        kind="fediverse",
        address=place.address,
        name=f"#{place.tag} {name}"[:100],
        options={"what": "hashtag"},
        why=_("这是联邦社交网的话题标签 #%(tag)s，会听带这个标签的公开内容"),
        params={"tag": place.tag},
    )


def _mentions(place: Place, name: str) -> Proposal:
    return Proposal(
        kind="fediverse",
        address=place.address,
        name=f"@{place.account} {name}"[:100],
        options={"what": "mentions"},
        why=_(
            "这是账号 @%(account)s 的主页。只有它是本单位自己的账号时，填写访问令牌后可以听"
            "别人对它的公开回复和提及；别人的账号不听"
        ),
        params={"account": place.account},
    )


KIND = Kind(
    look=look,
    recognise=recognise,
    check=check,
    options=(
        Option(
            "what",
            _("听什么"),
            form="choice",
            choices=(
                ("hashtag", _("一个话题标签")),
                ("mentions", _("对本单位账号的回复和提及")),
            ),
            default="hashtag",
        ),
        Option(
            "reach",
            _("话题标签的范围"),
            form="choice",
            choices=(("", _("这个服务器看得到的全部")), ("local", _("只听这个服务器上的人"))),
        ),
    ),
    address_label=_("话题标签或本单位账号的网址"),
    address_help=_("如 https://服务器/tags/停水，或 https://服务器/@本单位账号"),
    secret=_("访问令牌"),
    secret_help=_(
        "听对本单位账号的回复和提及时必填：在服务器“设置—开发”里新建应用，只勾选 "
        "read:accounts 和 read:notifications"
    ),
    secret_required=False,
)
