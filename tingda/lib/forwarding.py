"""Marks of carrying a text further, in a folded text: who forwarded it, links, names called."""

import re

LINK = re.compile(r"(?:https?://|www\.)[a-z0-9%&'*+,./:;=?@_~!$#-]+")
COMMENT = re.compile(r"//\s*@[^\s:]{1,30}\s*:?")
"""Where in `评论//@甲:原话` somebody else begins."""

NAMED = re.compile(r"(?:回复)?@[\w-]{1,30}\s*:|@[\w-]{1,30}(?=\s|$)")
"""Who is spoken to, or quoted: @甲: and @甲 before a blank."""

FORWARDED = re.compile(
    r"^\s*(?:"
    r"[【\[(]\s*(?:求|紧急|帮)?(?:转发?|转载|转帖|转办|扩散|分享)\s*[】\])]\s*:?"
    r"|(?:求|帮|请|急)?(?:转发|转载|转帖|分享|扩散)(?:微博|自)?\s*(?:[:,!]|\s)"
    r"|转\s*:|转自[^:,。]{0,12}\s*:"
    r"|(?:rt|re|fwd?|via)\s*(?:@[\w-]{1,30}\s*)?:|rt\s+@?"
    r")\s*"
)
"""Before what is forwarded: 转发：, 【转】, 转自某报：, RT @a:."""

_HOST = re.compile(r"(?:https?://)?(?:[^/?#@]*@)?(?:www\.)?([a-z0-9.-]*)")


def host_of(link: str) -> str:
    """The host of what LINK found, without www."""
    found = _HOST.match(link)
    return found[1].strip(".") if found else ""
