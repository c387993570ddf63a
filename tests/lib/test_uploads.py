"""Files from outside: what is kept, what is refused, and that nothing is left half done."""

from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tingda.lib import archives
from tingda.lib.refusal import Refused
from tingda.lib.uploads import KINDS, Kept, check, clean_name, keep

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def zipped(members: dict[str, bytes]) -> bytes:
    """A ZIP with these members."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_file_is_kept_under_a_name_of_our_own(tmp_path: Path) -> None:
    kept = keep([PNG[:3], PNG[3:]], "现场 照片.PNG", tmp_path / "facts", 1000)
    assert kept == Kept(kept.path, "现场 照片.PNG", len(PNG), sha256(PNG).hexdigest())
    assert kept.path.read_bytes() == PNG
    assert kept.path.parent == tmp_path / "facts"
    assert len(kept.path.stem) == 32
    assert kept.path.suffix == ".png"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("动.gif", b"GIF89a" + b"\0" * 20),
        ("图.webp", b"RIFF\x10\0\0\0WEBPVP8 "),
        ("话.mp3", b"ID3\x04\0\0\0\0\0\0"),
        ("话.mp3", b"\xff\xfb\x90\x44" + b"\0" * 20),
        ("话.m4a", b"\0\0\0\x1cftypM4A \0\0\0\0"),
        ("现场.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0"),
        ("来信.eml", b"Subject: a\r\n\r\nb"),
        ("登记表.csv", "姓名,时间\n值班,8:00".encode()),
        ("登记表.txt", "登记".encode("utf-16")),
        ("登记表.txt", "登记".encode("gb18030")),
        ("短.txt", b"a"),
        ("函.pdf", b"%PDF-1.7 ..."),
        ("表.xlsx", zipped({"xl/workbook.xml": b"<a/>"})),
        ("函.docx", zipped({"word/document.xml": b"<a/>"})),
        ("令.ofd", zipped({"OFD.xml": b"<a/>"})),
        ("话.wav", b"RIFF\x10\0\0\0WAVEfmt "),
        ("话.amr", b"#!AMR\n" + b"\0" * 20),
        ("话.ogg", b"OggS" + b"\0" * 20),
        ("现场.webm", b"\x1a\x45\xdf\xa3" + b"\0" * 20),
        ("现场.mov", b"\0\0\0\x14ftypqt  \0\0\0\0"),
        ("表.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 20),
    ],
)
def test_office_files_are_taken(tmp_path: Path, name: str, content: bytes) -> None:
    assert keep([content], name, tmp_path, 1000).size == len(content)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.exe", b"MZ", "不是可以上传的文件"),
        ("a.html", b"<script>", "不是可以上传的文件"),
        ("a.svg", b"<svg>", "不是可以上传的文件"),
        ("pdf", b"%PDF-", "不是可以上传的文件"),
        ("a.pdf", b"<html>", "扩展名不符"),
        ("a.png", b"%PDF-1.7", "扩展名不符"),
        ("a.jpg", b"\x89PNG\r\n\x1a\n", "扩展名不符"),
        ("a.gif", b"GIF90a" + b"\0" * 20, "扩展名不符"),
        ("照片.jpg", b"MZ\x90\0" + b"\0" * 60, "扩展名不符"),
        ("照片.jpg", b"\x7fELF" + b"\0" * 60, "扩展名不符"),
        ("a.docx", b"PK\x03\x04" + b"\0" * 20, "扩展名不符"),
        ("a.docx", zipped({"META-INF/MANIFEST.MF": b"Main-Class: A"}), "扩展名不符"),
        ("a.xlsx", zipped({"word/document.xml": b"<a/>"}), "扩展名不符"),
        ("a.docx", zipped({"word/document.xml": b"", "word/vbaProject.bin": b"x"}), "扩展名不符"),
        ("a.webp", b"RIFF\x10\0\0\0WAVEfmt ", "扩展名不符"),
        ("a.mp3", b"MZ" + b"\0" * 20, "扩展名不符"),
        ("a.mp4", b"\0\0\0\x18moov" + b"\0" * 20, "扩展名不符"),
        ("a.eml", b"MZ\0\0", "扩展名不符"),
        ("a.csv", b"PK\x03\x04\0\0", "扩展名不符"),
        ("a.txt", b"a" * 100 + b"\0", "扩展名不符"),
        ("a.txt", b"", "是空的"),
        ("a.pdf", b"", "是空的"),
        ("a.txt", b"a" * 2**20 + b"b", "超过 1 MB"),
    ],
)
def test_a_refused_file_leaves_nothing(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    chunks = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    with pytest.raises(Refused, match=why):
        keep(chunks, name, tmp_path, 2**20)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    def until_full() -> Iterator[bytes]:
        yield PNG
        raise OSError(28, "No space left on device")

    with pytest.raises(Refused, match="磁盘写不进去"):
        keep(until_full(), "a.png", tmp_path, 10_000)
    assert list(tmp_path.iterdir()) == []


def test_a_sender_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield PNG
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keep(broken(), "a.png", tmp_path, 10_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\张\\照片.jpg", "照片.jpg"),
        ("a\u202egpj.txt", "agpj.txt"),
        ("a\r\nX-Evil: 1.txt", "aX-Evil: 1.txt"),
        ("", "file"),
        ("...", "file"),
        ("长" * 300 + ".pdf", "长" * 120 + ".pdf"),
    ],
)
def test_names_are_cleaned(given_name: str, name: str) -> None:
    assert clean_name(given_name) == name


@settings(deadline=None)
@given(st.text(max_size=400))
def test_a_cleaned_name_is_always_safe_to_show(name: str) -> None:
    cleaned = clean_name(name)
    assert cleaned
    assert len(cleaned) <= 130
    assert not set(cleaned) & set("/\\\r\n\0")
    assert clean_name(cleaned) == cleaned


@settings(deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.lists(st.binary(min_size=1, max_size=9)))
def test_whatever_comes_is_kept_whole_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, kind: str, chunks: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("files")
    try:
        kept = keep(chunks, f"a.{kind}", folder, 60)
    except Refused:
        assert list(folder.iterdir()) == []
    else:
        assert kept.path.read_bytes() == b"".join(chunks)


def test_a_bomb_is_refused_before_it_goes_off_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "SMALL", 2**20)
    bomb = zipped({"xl/workbook.xml": b"", "xl/sheet1.xml": b"\0" * (3 * 2**20)})
    assert len(bomb) < 2**13
    with pytest.raises(Refused, match="展开后大得不合常理"):
        keep([bomb], "表.xlsx", tmp_path, 2**20)
    with pytest.raises(Refused, match="展开后大得不合常理"):
        check(bomb, "表.xlsx")
    assert list(tmp_path.iterdir()) == []
    assert keep([zipped({"xl/a": b"\0" * 2**19})], "表.xlsx", tmp_path, 2**20).size < 2**12


def test_a_bomb_that_lies_about_its_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "SMALL", 2**20)
    told = (3 * 2**20).to_bytes(4, "little")
    bomb = zipped({"xl/sheet1.xml": b"\0" * (3 * 2**20)})
    lying = bomb.replace(told, (100).to_bytes(4, "little"))
    assert lying != bomb
    with pytest.raises(Refused):
        keep([lying], "表.xlsx", tmp_path, 2**20)
    assert list(tmp_path.iterdir()) == []


def test_so_many_entries_are_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_ENTRIES", 3)
    with pytest.raises(Refused, match="展开后大得不合常理"):
        keep([zipped({f"xl/{n}": b"" for n in range(4)})], "表.xlsx", tmp_path, 2**20)
