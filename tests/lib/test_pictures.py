"""Pictures from outside: what is seen stays, all else goes, and what would do harm is refused."""

import struct
import subprocess
import sys
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from tingda.lib.pictures import is_picture, without_metadata
from tingda.lib.refusal import Refused

SECRET = "fake-camera-7"
LEFT, RIGHT = (200, 30, 30), (30, 30, 200)


def two_colours() -> Image.Image:
    """Red at the left, blue at the right; 40 by 20."""
    image = Image.new("RGB", (40, 20), LEFT)
    image.paste(RIGHT, (20, 0, 40, 20))
    return image


def with_everything(form: str, **more: Any) -> bytes:
    """A picture that says where and with what it was taken, in every way its format has."""
    exif = Image.Exif()
    exif[0x010F] = exif[0x013B] = SECRET  # maker, artist
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[2] = (31.0, 30.0, 0.0)  # GPS latitude
    options: dict[str, Any] = {"exif": exif, "xmp": f"<x>{SECRET}</x>".encode(), **more}
    if form == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Author", SECRET)
    if form in ("JPEG", "GIF"):
        options["comment"] = SECRET.encode()
    out = BytesIO()
    two_colours().save(out, form, icc_profile=SECRET.encode() * 20, **options)
    return out.getvalue() + SECRET.encode()  # and behind its end, as some cameras do


@pytest.mark.parametrize(
    ("name", "form"), [("a.jpg", "JPEG"), ("a.PNG", "PNG"), ("a.webp", "WEBP"), ("a.gif", "GIF")]
)
def test_what_is_not_seen_is_gone(name: str, form: str) -> None:
    before = with_everything(form)
    assert SECRET.encode() in before
    after = without_metadata(before, name)
    assert SECRET.encode() not in after
    with Image.open(BytesIO(after)) as image:
        assert image.format == form
        assert dict(image.getexif()) == {}
        assert set(image.info) & {"exif", "xmp", "icc_profile", "comment", "Author"} == set()


def test_a_picture_on_its_side_is_set_upright_first() -> None:
    with Image.open(BytesIO(without_metadata(with_everything("JPEG"), "a.jpeg"))) as image:
        assert image.size == (20, 40)
        top, bottom = image.getpixel((10, 5)), image.getpixel((10, 35))
    assert max(abs(a - b) for a, b in zip(top, LEFT, strict=True)) < 20
    assert max(abs(a - b) for a, b in zip(bottom, RIGHT, strict=True)) < 20


def test_what_can_be_seen_through_stays_so() -> None:
    for mode in ("RGBA", "P"):
        image = Image.new("RGBA", (8, 8), (10, 200, 10, 0)).convert(mode)
        out = BytesIO()
        image.save(out, "PNG", **({"transparency": image.getpixel((0, 0))} if mode == "P" else {}))
        with Image.open(BytesIO(without_metadata(out.getvalue(), "a.png"))) as clean:
            assert clean.convert("RGBA").getpixel((4, 4))[3] == 0


@pytest.mark.parametrize(("name", "form"), [("a.gif", "GIF"), ("a.webp", "WEBP")])
def test_of_a_moving_picture_the_first_frame_is_kept(name: str, form: str) -> None:
    out = BytesIO()
    second = Image.new("RGB", (40, 20), (0, 0, 0))
    two_colours().save(out, form, save_all=True, append_images=[second], duration=100)
    with Image.open(BytesIO(without_metadata(out.getvalue(), name))) as image:
        assert getattr(image, "n_frames", 1) == 1
        left = image.convert("RGB").getpixel((5, 10))
    assert max(abs(a - b) for a, b in zip(left, LEFT, strict=True)) < 20


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 60,000 dots wide and high."""

    def part(name: bytes, inside: bytes) -> bytes:
        return (
            struct.pack(">I", len(inside))
            + name
            + inside
            + struct.pack(">I", zlib.crc32(name + inside))
        )

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", data) + part(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (bomb(), "太大"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "打不开"),
        (with_everything("PNG")[:90], "打不开"),
        (with_everything("JPEG"), "打不开"),
        (b"", "打不开"),
    ],
    ids=["bomb", "garbage", "cut off", "another format", "empty"],
)
def test_what_cannot_be_read_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        without_metadata(content, "a.png")


def test_only_pictures_are_read() -> None:
    assert [is_picture(name) for name in ("a.JPG", "a.webp", "a.pdf", "jpg", "a.svg")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_the_library_for_pictures_stays_out_of_this_process() -> None:
    code = "import sys, tingda.lib.pictures; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("False", "")
