"""The words of a letter, in whatever charset and wrapping they came."""

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message

from django.utils.translation import gettext

from tingda.lib.markup import plain_text

LONGEST_TEXT = 100_000  # characters; a letter is not a book
_LONGEST_PART = 2_000_000  # bytes of one part that are looked at for words
_LONGEST_HEADER = 10_000
_DEEPEST = 20
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030"}
_UNSURE = frozenset(("", "us-ascii", "ascii", "unknown-8bit", "unknown", "x-unknown", "iso-8859-1"))

_FORWARDED = re.compile(
    r"^\s*(?:(?:re|回复|答复)\s*[:：]\s*)*(?:fwd?|转发|轉寄|轉發)\s*[:：]", re.IGNORECASE
)
# Where the letter that is answered begins: as QQ, NetEase, Outlook, Apple and Gmail write it.
_EARLIER = re.compile(
    r"^(?:"
    r"[ \t]*-{3,}[ \t]*(?:原始邮件|原邮件|回复的原邮件|原始信件|Original(?: Message)?)[ \t]*-{3,}"
    r"|[ \t]*_{20,}[ \t]*\n[ \t]*(?:发件人|寄件者|From)[ \t]*[:：]"
    r"|[ \t]*\*?(?:发件人|寄件者|From)[ \t]*[:：].{1,200}\n"
    r"(?:.{0,300}\n){0,4}?[ \t]*\*?(?:发送时间|日期|收件人|寄件日期|Sent|Date|To)[ \t]*[:：]"
    r"|[ \t]*(?:在|于).{4,150}写道[:：]"
    r"|[ \t]*(?:On|At) .{4,200}(?:\n.{0,100})?wrote:"
    r")",
    re.MULTILINE | re.IGNORECASE,
)


def decoded(raw: bytes, charset: str = "") -> str:
    """Bytes as text: as they say they are, unless they plainly are not."""
    name = charset.strip("\"' ").lower()
    name = _WIDER.get(name, name)
    tries = ("utf-8", "gb18030") if name in _UNSURE else (name, "utf-8", "gb18030")
    for one in tries:
        try:
            return raw.decode(one)
        except (LookupError, UnicodeError):
            continue
    try:
        return raw.decode(name or "utf-8", "replace")
    except (LookupError, UnicodeError):
        return raw.decode("utf-8", "replace")


def header(value: str | Header | None) -> str:
    """A line of the header, its encoded words decoded, on one line."""
    if value is None:
        return ""
    try:
        parts = decode_header(value[:_LONGEST_HEADER] if isinstance(value, str) else value)
    except (HeaderParseError, ValueError):
        parts = [(str(value), None)]
    text = "".join(
        decoded(part, charset or "") if isinstance(part, bytes) else unsmuggled(part)
        for part, charset in parts
    )
    return " ".join(text.split())


def unsmuggled(text: str) -> str:
    """A text in which bytes that are no ASCII were carried as they came."""
    if text.isascii():
        return text
    try:
        return decoded(text.encode("ascii", "surrogateescape"))
    except UnicodeError:
        return text


def text_of(letter: Message, subject: str) -> str:
    """What the letter says, without the earlier letters below it (where something is left)."""
    text = _text(letter).strip()
    if not _FORWARDED.match(subject):
        text = without_earlier(text)
    if len(text) > LONGEST_TEXT:
        rest = len(text) - LONGEST_TEXT
        more = gettext("……（后面还有 %(rest)s 字，请到邮箱里看）") % {"rest": rest}
        text = f"{text[:LONGEST_TEXT]}\n{more}"
    return text


def without_earlier(text: str) -> str:
    """The text up to the letter that it answers; the whole where nothing would be left."""
    found = _EARLIER.search(text)
    lines = (text[: found.start()] if found else text).split("\n")
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith(">")):
        lines.pop()
    return "\n".join(lines).strip() or text


def is_aside(part: Message) -> bool:
    """Whether this part is a file that came with the letter, rather than its words."""
    if part.get_content_maintype() == "multipart":
        return False
    named = part.get_filename() is not None or part.get_content_disposition() == "attachment"
    return named or part.get_content_maintype() not in ("text", "multipart")


def parts_aside(part: Message, depth: int = 0) -> Iterator[Message]:
    """The files of a letter, those of letters inside it excepted."""
    if is_aside(part):
        yield part
    elif part.get_content_maintype() == "multipart" and depth < _DEEPEST:
        for child in _children(part):
            yield from parts_aside(child, depth + 1)


def _children(part: Message) -> list[Message]:
    inside = part.get_payload()
    return [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []


def _text(part: Message, depth: int = 0) -> str:
    if is_aside(part) or depth > _DEEPEST:
        return ""
    if part.get_content_maintype() == "multipart":
        texts = [(child.get_content_type(), _text(child, depth + 1)) for child in _children(part)]
        if part.get_content_subtype() == "alternative":
            texts.sort(key=lambda one: one[0] != "text/plain")
            return next((text for _kind, text in texts if text.strip()), "")
        return "\n\n".join(text for _kind, text in texts if text.strip())
    raw = part.get_payload(decode=True)
    words = raw[:_LONGEST_PART] if isinstance(raw, bytes) else b""
    text = decoded(words, part.get_content_charset() or "")
    if part.get_content_subtype() == "html":
        return plain_text(text)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
