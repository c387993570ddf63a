"""Draws a picture anew, without anything but what is seen, in a short-lived process of its own.

It is run by its path and imports nothing of the package: `python -I pictures_clean.py FORMAT`,
a picture on standard input, the new one on standard output. Exit codes: 0 done, 2 not a picture
of this format or broken, 3 more dots than anybody's camera.
"""

import resource
import sys
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

MOST_DOTS = 64_000_000
_MEMORY = 1536 * 2**20
_SECONDS = 40
_HOW: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90},
    "PNG": {},
    "GIF": {},
    "WEBP": {"quality": 90},
}


class TooLarge(Exception):
    """Reading it would fill the memory."""


def redrawn(content: bytes, form: str) -> bytes:
    """The same picture, upright, its first frame only, with no note, profile or preview in it."""
    Image.MAX_IMAGE_PIXELS = None  # our own limit, asked before anything is unpacked
    with Image.open(BytesIO(content), formats=[form]) as image:
        if image.width * image.height > MOST_DOTS:
            raise TooLarge
        image.seek(0)
        seen = ImageOps.exif_transpose(image)
        if "transparency" in seen.info:
            seen = seen.convert("RGBA")
    bare = Image.new(seen.mode, seen.size)
    if seen.mode == "P":
        bare.putpalette(seen.getpalette("RGB") or [])
    bare.paste(seen)
    out = BytesIO()
    bare.save(out, form, **_HOW[form])
    return out.getvalue()


def main() -> int:
    """The exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    try:
        new = redrawn(sys.stdin.buffer.read(), sys.argv[1])
    except TooLarge:
        return 3
    except Exception:
        return 2
    sys.stdout.buffer.write(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
