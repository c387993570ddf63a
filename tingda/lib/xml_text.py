"""Text that can stand in an XML file, whatever somebody typed or pasted."""

import re

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """The text without what XML 1.0 cannot hold: control characters and lone surrogates."""
    return _ILLEGAL.sub("", text)
