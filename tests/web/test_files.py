"""Files at the desk: what is taken, what is refused early, and how sound and film are played."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.lib.test_uploads import zipped
from tingda.cases.models import Case, Fact, FactFile
from tingda.lib import archives
from tingda.people.models import Person
from tingda.web import uploading

ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
SOUND = b"ID3\x04" + bytes(range(96))
pytestmark = pytest.mark.once


@pytest.fixture
def desk(cast: SimpleNamespace, client_of: ClientOf, settings: Any, tmp_path: Path) -> Client:
    settings.MEDIA_ROOT = tmp_path / "files"
    return client_of(cast.duty)


def state(client: Client, case: Case, name: str, content: bytes) -> Any:
    fields = {"what": "查过", "by_whom": "值班员", "evidence": "录音"}
    files = [SimpleUploadedFile(name, content)]
    address = f"/desk/cases/{case.pk}/fact/"
    return client.post(address, fields | {"attachments": files})


def kept(settings: Any) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.fixture
def sound(desk: Client, make_case: MakeCase) -> FactFile:
    assert state(desk, make_case(), "来电.mp3", SOUND).status_code == 302
    return FactFile.objects.get()


def test_sound_is_played_in_the_parts_that_are_asked_for(desk: Client, sound: FactFile) -> None:
    page = desk.get(f"/desk/cases/{sound.fact.case_id}/").content.decode()
    address = reverse("file-play", args=[sound.pk])
    assert f'<audio class="player" controls preload="none" src="{address}"' in page
    whole = desk.get(address)
    assert (whole.status_code, whole.getvalue()) == (200, SOUND)
    part = desk.get(address, headers={"range": "bytes=4-9"})
    assert (part.status_code, part.getvalue()) == (206, SOUND[4:10])
    assert part["Content-Range"] == f"bytes 4-9/{len(SOUND)}"
    assert (part["Content-Type"], part["X-Content-Type-Options"]) == ("audio/mpeg", "nosniff")
    assert part["Content-Security-Policy"] == "default-src 'none'; sandbox"
    beyond = desk.get(address, headers={"range": "bytes=900-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(SOUND)}")


def test_only_who_may_see_the_case_hears_it(
    sound: FactFile, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    address = reverse("file-play", args=[sound.pk])
    assert client_of(cast.liaison_water).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_a_document_is_not_played_and_a_lost_file_is_said(desk: Client, sound: FactFile) -> None:
    FactFile.objects.update(name="来函.pdf")
    assert desk.get(reverse("file-play", args=[sound.pk])).status_code == 404
    FactFile.objects.update(name="来电.mp3", path="facts/gone.mp3")
    assert desk.get(reverse("file-play", args=[sound.pk])).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("照片.jpg", b"MZ\x90\0" + b"\0" * 60, "扩展名不符"),
        ("说明.docx", zipped({"word/a.xml": b"\0" * 2**21}), "展开后大得不合常理"),
    ],
)
def test_a_program_and_a_bomb_are_refused_with_what_was_typed_kept(
    desk: Client, make_case: MakeCase, settings: Any, monkeypatch: pytest.MonkeyPatch,
    name: str, content: bytes, why: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(archives, "SMALL", 2**20)
    refused = state(desk, make_case(), name, content)
    page = refused.content.decode()
    assert (refused.status_code, why in page, "查过</textarea>" in page) == (422, True, True)
    assert (Fact.objects.count(), kept(settings)) == (0, [])


class Unread:
    """A body of which nothing must be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("it was read")

    def readline(self, size: int = -1) -> bytes:
        raise AssertionError("it was read")

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("it was read")


def test_five_gigabytes_are_refused_before_anything_is_read(
    desk: Client, make_case: MakeCase, settings: Any
) -> None:
    address = f"/desk/cases/{make_case().pk}/fact/"
    refused = desk.generic(
        "POST", address, b"", "multipart/form-data; boundary=b",
        **{"CONTENT_LENGTH": str(5 * 2**30), "wsgi.input": Unread()},
    )  # fmt: skip
    assert (refused.status_code, refused["Connection"]) == (413, "close")
    assert "超过 513 MB，没有收下" in refused.content.decode()
    assert (Fact.objects.count(), kept(settings)) == (0, [])


def test_what_does_not_say_how_long_it_is_is_refused_before_anything_is_read(
    desk: Client, make_case: MakeCase, settings: Any
) -> None:
    address = f"/desk/cases/{make_case().pk}/fact/"
    told = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": Unread(), "CONTENT_LENGTH": ""}
    refused = desk.generic("POST", address, b"", "multipart/form-data; boundary=b", **told)
    assert (refused.status_code, refused["Connection"]) == (411, "close")
    assert "没有说明有多大" in refused.content.decode()
    assert (Fact.objects.count(), kept(settings)) == (0, [])


def test_a_file_that_turns_out_too_large_is_cut_off(
    desk: Client,
    make_case: MakeCase,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    monkeypatch.setattr(uploading, "FILE_LIMIT", 2**20)
    refused = state(desk, make_case(), "大.txt", b"a" * (3 * 2**20))
    assert refused.status_code == 413
    assert "“大.txt”超过 1 MB，没有收下" in refused.content.decode()
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert (Fact.objects.count(), left) == (0, [])
