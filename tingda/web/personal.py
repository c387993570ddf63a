"""Personal data that a text for the public would show, told to whoever is about to sign it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from tingda.lib.masks import KINDS, masks
from tingda.lib.words import mark as _

MOST_NAMED = 5
_NAMES = {
    "name": _("姓名"),
    "phone": _("电话"),
    "idcard": _("身份证号"),
    "plate": _("车牌号"),
    "bankcard": _("银行卡号"),
    "email": _("邮箱"),
    "address": _("门牌住址"),
    "account": _("账号"),
}


@dataclass(frozen=True)
class Held:
    """One kind of personal data in a text: its name, how often, and some of it as written."""

    name: str
    count: int
    words: list[str]


def held_in(texts: Iterable[str]) -> list[Held]:
    """What these texts hold that would be masked if anybody else had said it."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for text in texts:
        for mask in masks(text):
            found[mask.kind].append(text[mask.start : mask.end])
    return [
        Held(gettext(_NAMES[kind]), len(words), list(dict.fromkeys(words))[:MOST_NAMED])
        for kind, words in found.items()
        if words
    ]
