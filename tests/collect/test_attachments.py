"""Files that come with a voice: what is kept, what is refused, and who may have them."""

import os
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from PIL import Image

from tingda.collect.actions import attachments
from tingda.collect.actions.attachments import attach, sweep_files
from tingda.collect.models import Attachment, Voice
from tingda.collect.queries.attachments import attachments_for
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused

SECRET = "fake-camera-7"
PDF = b"%PDF-1.7 fake"


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    """Where files are kept in this test."""
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files" / "attachments"


def photo() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = SECRET
    out = BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_file_is_kept_aside_and_is_on_the_record_without_its_name(
    make_voice: Callable[..., Voice], now: Any, files: Path
) -> None:
    voice = make_voice()
    row = attach(voice, "../张三的信.pdf", [PDF[:4], PDF[4:]], now=now)
    assert (row.voice, row.name, row.size) == (voice, "张三的信.pdf", len(PDF))
    assert row.sha256 == sha256(PDF).hexdigest()
    assert [path.read_bytes() for path in files.iterdir()] == [PDF]
    assert row.path == f"attachments/{next(files.iterdir()).name}"
    line = Line.objects.get(verb="voice.attached")
    assert (line.subject, line.public) == (f"voice:{voice.pk}", False)
    assert line.data == {"size": len(PDF), "sha256": row.sha256}


def test_a_photo_loses_what_is_not_seen(
    make_voice: Callable[..., Voice], now: Any, files: Path
) -> None:
    assert SECRET.encode() in photo()
    row = attach(make_voice(), "现场.jpg", [photo()], now=now)
    kept = next(files.iterdir()).read_bytes()
    assert SECRET.encode() not in kept
    assert (row.size, row.sha256) == (len(kept), sha256(kept).hexdigest())
    with Image.open(BytesIO(kept)) as image:
        assert image.size == (40, 30)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.exe", b"MZ", "不是可以上传的文件"),
        ("a.pdf", b"<html>", "扩展名不符"),
        ("a.jpg", b"\xff\xd8\xff" + b"\0" * 40, "打不开"),
    ],
)
def test_what_is_refused_leaves_nothing(
    make_voice: Callable[..., Voice], now: Any, files: Path, name: str, content: bytes, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        attach(make_voice(), name, [content], now=now)
    assert (Attachment.objects.count(), Line.objects.count()) == (0, 0)
    assert list(files.iterdir()) == [] if files.exists() else True


def test_a_file_over_the_limit_is_refused(
    make_voice: Callable[..., Voice], now: Any, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert attachments.LARGEST == 20 * 2**20
    monkeypatch.setattr(attachments, "LARGEST", 2**20)
    with pytest.raises(Refused, match="超过 1 MB"):
        attach(make_voice(), "a.txt", [b"a" * 2**20, b"b"], now=now)
    assert list(files.iterdir()) == []


def test_a_voice_has_ten_files_at_most(
    make_voice: Callable[..., Voice], now: Any, files: Path
) -> None:
    voice = make_voice()
    for number in range(10):
        attach(voice, f"{number}.pdf", [PDF], now=now)
    with pytest.raises(Refused, match="最多附 10 个文件"):
        attach(voice, "10.pdf", [PDF], now=now)
    assert (voice.attachments.count(), len(list(files.iterdir()))) == (10, 10)


def test_files_without_a_voice_are_swept_after_a_day(
    make_voice: Callable[..., Voice], now: Any, files: Path
) -> None:
    kept, gone = make_voice(), make_voice()
    attach(kept, "a.pdf", [PDF], now=now)
    attach(gone, "b.pdf", [PDF], now=now)
    with pytest.raises(KeyError), transaction.atomic():
        attach(kept, "c.pdf", [PDF], now=now)
        raise KeyError  # the transaction around it fails
    gone.delete()
    for path in files.iterdir():
        os.utime(path, (now.timestamp(), now.timestamp()))
    assert sweep_files(now=now + timedelta(hours=23)) == 0
    assert sweep_files(now=now + timedelta(hours=25)) == 2
    assert [path.name for path in files.iterdir()] == [
        Path(row.path).name for row in kept.attachments.all()
    ]


def test_only_the_desk_of_the_office_has_files(
    make_voice: Callable[..., Voice], cast: SimpleNamespace, now: Any
) -> None:
    row = attach(make_voice(), "a.pdf", [PDF], now=now)
    assert list(attachments_for(cast.duty)) == [row]
    assert list(attachments_for(cast.auditor)) == [row]
    assert list(attachments_for(cast.liaison_edu)) == []


def test_a_file_is_served_inert_and_only_to_the_desk(
    make_voice: Callable[..., Voice],
    cast: SimpleNamespace,
    client_of: Callable[..., Client],
    now: Any,
) -> None:
    row = attach(make_voice(), "信.txt", [b"<script>alert(1)</script>"], now=now)
    address = f"/desk/attachments/{row.pk}/"
    answer = client_of(cast.duty).get(address)
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E4%BF%A1.txt"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "private, no-store"
    assert client_of(cast.liaison_edu).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert client_of(cast.duty).post(address).status_code == 405


def test_a_file_that_is_gone_is_not_found(
    make_voice: Callable[..., Voice],
    cast: SimpleNamespace,
    client_of: Callable[..., Client],
    now: Any,
    files: Path,
) -> None:
    row = attach(make_voice(), "a.pdf", [PDF], now=now)
    next(files.iterdir()).unlink()
    assert client_of(cast.duty).get(f"/desk/attachments/{row.pk}/").status_code == 404


def test_the_page_of_a_voice_lists_its_files(
    make_voice: Callable[..., Voice],
    cast: SimpleNamespace,
    client_of: Callable[..., Client],
    now: Any,
) -> None:
    voice = make_voice()
    page = client_of(cast.duty).get(f"/desk/voices/{voice.pk}/").content.decode()
    assert "随附文件" not in page
    row = attach(voice, "<b>信.pdf", [PDF], now=now)
    page = client_of(cast.duty).get(f"/desk/voices/{voice.pk}/").content.decode()
    assert f'<a href="/desk/attachments/{row.pk}/" download>&lt;b&gt;信.pdf</a>' in page
