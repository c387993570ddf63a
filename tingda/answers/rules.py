"""The life of an answer and its four eyes."""

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

STATES = {
    "drafting": _("拟稿"),
    "review": _("待签发"),
    "released": _("已签发"),
    "published": _("已发布"),
}


def check_release(*, releaser: int, authors: frozenset[int], submitted_by: int | None) -> None:
    """Four eyes: who released it wrote none of it and did not put it forward.

    All arguments are ids of persons; `authors` are those of all versions.
    """
    if releaser in authors or releaser == submitted_by:
        raise Refused(_("拟稿人不能签发自己的稿，请由另一位签发人签发"))


def check_version(title: str, heard: str, found: str) -> None:
    """An answer says what was heard and what was found, or it is none."""
    if not title.strip():
        raise Refused(_("请写题目"))
    if not heard.strip() or not found.strip():
        raise Refused(_("“大家反映的”和“我们查到的”都要写"))


# ---- looking back ----
LOOKED_BACK = ("extra_major", "major")  # grades after which nobody has to ask for it


def check_lookback(happened: str, to_change: str) -> None:
    """Nothing learnt is an answer, too, but it has to be written."""
    if not happened.strip() or not to_change.strip():
        raise Refused(_("“发生了什么”和“要改的”都要写；没有要改的，也要写明"))
