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
