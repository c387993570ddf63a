"""Plain text out of what may be HTML."""

import html
import re

import nh3

# Only these count as markup: "a < b", "<我想问>" and "x<y and y>z" are what somebody said.
_NAMES = (
    "a|abbr|address|article|aside|audio|b|base|big|blockquote|body|br|button|canvas|"
    "caption|center|cite|code|col|colgroup|dd|del|details|div|dl|dt|em|embed|fieldset|"
    "figcaption|figure|font|footer|form|frame|frameset|h1|h2|h3|h4|h5|h6|head|header|hr|"
    "html|i|iframe|img|input|ins|kbd|label|legend|li|link|main|map|mark|meta|nav|"
    "noscript|object|ol|optgroup|option|p|param|picture|pre|q|s|samp|script|section|"
    "select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|"
    "textarea|tfoot|th|thead|time|title|tr|tt|u|ul|var|video|wbr"
)
_ELEMENT = rf"/?(?:{_NAMES})(?:\s[^<>=]*=[^<>]*|\s*/?)>"
_TAG = re.compile(rf"<(?:{_ELEMENT}|!--)", re.IGNORECASE)
_LOOSE = re.compile(rf"<(?!{_ELEMENT}|!--)", re.IGNORECASE)
_BLOCK = re.compile(
    r"<(?:br|hr|/p|/div|/li|/tr|/h[1-6]|/blockquote|/section|/article|/dd|/dt)\b[^<>]*>",
    re.IGNORECASE,
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
# A parser of HTML needs the square of the depth of nesting, and is slow with "&&&&…"; nobody
# writes so many by hand.
MOST_MARKS = 3000


def plain_text(text: str) -> str:
    """Drop markup, scripts and control characters; keep words, lines and a lone "<" as they are."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "<" in text and _TAG.search(text):
        text = _without_tags(text)
    if "&" in text:
        text = html.unescape(text)
    text = _CONTROL.sub("", text).replace("\xa0", " ")
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _without_tags(text: str) -> str:
    text = _LOOSE.sub("&lt;", text)
    text = _BLOCK.sub("\n", text)
    if text.count("<") + text.count("&") > MOST_MARKS:
        return _TAG.sub("", text)
    return nh3.clean(text, tags=set())
