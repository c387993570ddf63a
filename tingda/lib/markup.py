"""Plain text out of what may be HTML."""

import html
import re

import nh3

# Only these count as markup: "a < b", "<我想问>" and "x<y and y>z" are what somebody said.
_HTML = (
    "a|abbr|acronym|address|applet|area|article|aside|audio|b|base|basefont|bdi|bdo|bgsound|"
    "big|blink|blockquote|body|br|button|canvas|caption|center|cite|code|col|colgroup|data|"
    "datalist|dd|del|details|dfn|dialog|dir|div|dl|dt|em|embed|fieldset|figcaption|figure|"
    "font|footer|form|frame|frameset|h1|h2|h3|h4|h5|h6|head|header|hgroup|hr|html|i|iframe|"
    "img|input|ins|isindex|kbd|keygen|label|layer|legend|li|link|listing|main|map|mark|"
    "marquee|menu|meta|meter|multicol|nav|nobr|noembed|noframes|noscript|object|ol|optgroup|"
    "option|output|p|param|picture|plaintext|pre|progress|q|rb|rp|rt|rtc|ruby|s|samp|script|"
    "search|section|select|server|slot|small|source|spacer|span|strike|strong|style|sub|"
    "summary|sup|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|"
    "var|video|wbr|xmp"
)
_FOREIGN = (
    "animate|animatecolor|animatemotion|animatetransform|annotation|annotation-xml|circle|"
    "clippath|defs|desc|ellipse|filter|font-face|foreignobject|g|glyph|hkern|line|"
    "lineargradient|maction|maligngroup|malignmark|marker|mask|math|menclose|merror|metadata|"
    "mfenced|mfrac|mglyph|mi|missing-glyph|mlabeledtr|mmultiscripts|mn|mo|mover|mpadded|"
    "mpath|mphantom|mprescripts|mroot|mrow|ms|mspace|msqrt|mstyle|msub|msubsup|msup|mtable|"
    "mtd|mtext|mtr|munder|munderover|path|pattern|polygon|polyline|radialgradient|rect|"
    "semantics|set|stop|svg|switch|symbol|text|textpath|tspan|use"
)
_NAMES = f"{_HTML}|{_FOREIGN}"
_ELEMENT = rf"(?:/?(?:{_NAMES})(?:\s[^<>=]*=[^<>]*|\s*/?)|!doctype\s[^<>]*)>"
_TAG = re.compile(rf"<(?:{_ELEMENT}|!--)", re.IGNORECASE)
_LOOSE = re.compile(rf"<(?!{_ELEMENT}|!--)", re.IGNORECASE)
_BLOCK = re.compile(
    r"<(?:br|hr|/p|/div|/li|/tr|/h[1-6]|/blockquote|/section|/article|/dd|/dt)\b[^<>]*>",
    re.IGNORECASE,
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
# To a parser, what stands in these is no markup, or goes with them, to an end that may be missing.
_RAW = re.compile(
    rf"</?(?:iframe|noembed|noframes|noscript|plaintext|textarea|title|xmp|{_FOREIGN})"
    r"(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
_OPEN_COMMENT = re.compile("<!--(?:[^<>]*>)?")
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
    # A comment that never ends would take all that follows with it.
    closed = text.rfind("-->") + 1
    text = text[:closed] + _OPEN_COMMENT.sub("", text[closed:])
    text = _LOOSE.sub("&lt;", text)
    text = _RAW.sub("", _BLOCK.sub("\n", text))
    if text.count("<") + text.count("&") > MOST_MARKS:
        return _TAG.sub("", text)
    return nh3.clean(text, tags=set())
