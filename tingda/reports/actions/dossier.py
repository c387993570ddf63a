"""A dossier as Word, as PDF, and with all its files as one ZIP. Nothing is changed by it."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.conf import settings
from django.utils.translation import get_language, gettext

from tingda.lib.official import OfficialDocument
from tingda.lib.paper import About, Block, NoPaper, write_pdf
from tingda.lib.uploads import PLAYED, kind_of
from tingda.reports.queries.dossier_words import when
from tingda.reports.rules import Dossier, Entry, FileRef

_PIECE = 2**20
_PACKED = frozenset(PLAYED) | {"jpg", "jpeg", "png", "gif", "webp", "docx", "xlsx", "ofd", "gz"}
Progress = Callable[[int], None]  # told how many percent are done
Held = dict[str, Any]


def mark() -> str:
    """What stands on every page: it holds the words of persons as they were said."""
    return gettext("内部 · 不对外公开")


def _title(dossier: Dossier) -> str:
    return gettext("事项 %(number)s 档案") % {"number": dossier.number}


def _made(dossier: Dossier) -> str:
    return gettext("%(office)s · 截至 %(when)s") % {
        "office": dossier.office,
        "when": when(dossier.as_of),
    }


# ---- on paper ----
def write_word(dossier: Dossier, stream: IO[bytes]) -> None:
    """Write it as a Word file, in the language that is active."""
    paper = OfficialDocument(subject=_title(dossier), author=dossier.office, created=dossier.as_of)
    paper.title(f"{_title(dossier)}\n{dossier.title}")
    paper.paragraph(f"{mark()}　{_made(dossier)}")
    for part in dossier.parts:
        paper.heading(part.name)
        if not part.entries:
            paper.paragraph(gettext("无"))
        for entry in part.entries:
            if part.code == "ledger":
                paper.paragraph(f"{_of(entry)}　{entry.head}")
                continue
            paper.heading(entry.head, level=2)
            for text in _lines(entry):
                paper.paragraph(text)
        if part.more:
            paper.paragraph(_more(part.more))
    paper.save(stream)


def _of(entry: Entry) -> str:
    return "　".join([when(entry.at), *(value for _name, value in entry.fields)])


def _more(count: int) -> str:
    return gettext("另有 %(count)s 项没有印出来。") % {"count": count}


def _lines(entry: Entry) -> Iterator[str]:
    """What is said of an entry, a paragraph each."""
    told = [f"{name}{gettext('：')}{value}" for name, value in entry.fields]
    at = [when(entry.at)] if entry.at else []
    if told or at:
        yield gettext("；").join([*at, *told])
    yield from (line for line in entry.text.splitlines() if line.strip())
    for file in entry.files:
        yield gettext("附件 %(name)s（%(size)s 字节，SHA-256 %(sha256)s）") % {
            "name": file.name,
            "size": file.size,
            "sha256": file.sha256,
        }


def _blocks(dossier: Dossier) -> Iterator[Block]:
    yield "title", _title(dossier)
    yield "title", dossier.title
    yield "small", _made(dossier)
    for part in dossier.parts:
        yield "part", part.name
        if not part.entries:
            yield "text", gettext("无")
        for entry in part.entries:
            if part.code == "ledger":
                yield "text", entry.head
                yield "small", _of(entry)
                continue
            yield "head", entry.head
            first, *rest = [*_lines(entry), ""]
            yield "small", first
            for text in rest:
                yield "text", text
        if part.more:
            yield "text", _more(part.more)


def as_json(dossier: Dossier) -> dict[str, Any]:
    """The same for programs: keys and codes never change, names are in the active language."""
    told: dict[str, Any] = asdict(dossier)
    told["as_of"] = dossier.as_of.isoformat()
    for part in told["parts"]:
        for entry in part["entries"]:
            entry["at"] = entry["at"].isoformat() if entry["at"] else None
            entry["fields"] = [{"name": name, "value": value} for name, value in entry["fields"]]
            for file in entry["files"]:
                del file["path"]  # where it lies is nobody's matter
    return told


# ---- one ZIP ----
def write_zip(
    dossier: Dossier,
    voices: Iterable[Mapping[str, object]] | None,
    target: Path,
    *,
    progress: Progress = lambda percent: None,
) -> int:
    """Write everything as one ZIP; how many things should be in it and are not.

    `manifest.json`, the last entry, holds the SHA-256 of every other one, and what is missing,
    what is no longer what the record says it was, and what was left out, each with why. Files
    are carried piece by piece, so that their size does not matter.
    """
    root, files = Path(settings.MEDIA_ROOT), dossier.files
    total, done = sum(file.size for file in files) or 1, 0
    held: list[Held] = []
    wanting: list[Held] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        _papers(archive, dossier, voices, held, wanting)
        progress(10)
        for file in files:
            _carry(archive, root / file.path, file, dossier.as_of, held, wanting)
            done += file.size
            progress(10 + 85 * done // total)
        told = {
            "case": dossier.number,
            "as_of": dossier.as_of.isoformat(),
            "language": get_language(),
            "mark": mark(),
            "files": held,
            "wanting": wanting,
        }
        _write(archive, "manifest.json", [_json(told)], dossier.as_of, [])
    return len(wanting)


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _papers(
    archive: zipfile.ZipFile,
    dossier: Dossier,
    voices: Iterable[Mapping[str, object]] | None,
    held: list[Held],
    wanting: list[Held],
) -> None:
    at, name = dossier.as_of, f"dossier-{dossier.number}"
    _write(archive, f"{name}.json", [_json(as_json(dossier))], at, held)
    if voices is not None:
        lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in voices)
        _write(
            archive, "voices.jsonl", (line.encode("utf-8", "replace") for line in lines), at, held
        )
    with TemporaryDirectory() as folder:
        word, pdf = Path(folder) / "a.docx", Path(folder) / "a.pdf"
        with word.open("wb") as stream:
            write_word(dossier, stream)
        with word.open("rb") as file:
            _write(archive, f"{name}.docx", _pieces(file), at, held)
        about = About(_title(dossier), dossier.office, mark(), get_language() or "", dossier.as_of)
        try:
            write_pdf(pdf, about, _blocks(dossier))
        except NoPaper as error:
            why = {"font": gettext("这台机器没有装中文字体"), "drawing": gettext("PDF 没有画成")}
            wanting.append({"name": f"{name}.pdf", "why": why[str(error)]})
            return
        with pdf.open("rb") as file:
            _write(archive, f"{name}.pdf", _pieces(file), at, held)


def _carry(
    archive: zipfile.ZipFile,
    place: Path,
    file: FileRef,
    at: datetime,
    held: list[Held],
    wanting: list[Held],
) -> None:
    try:
        opened = place.open("rb")
    except OSError:
        why = gettext("磁盘上找不到这个文件")
        wanting.append({"name": file.name, "sha256": file.sha256, "why": why})
        return
    with opened:
        _write(archive, file.name, _pieces(opened), at, held)
    if held[-1]["sha256"] != file.sha256:
        why = gettext("内容和记录的指纹不符")
        wanting.append({"name": file.name, "sha256": file.sha256, "why": why})


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _write(
    archive: zipfile.ZipFile,
    name: str,
    pieces: Iterable[bytes],
    at: datetime,
    held: list[Held],
) -> None:
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    packed = kind_of(name) in _PACKED
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    size, fingerprint = 0, hashlib.sha256()
    with archive.open(entry, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece)
            fingerprint.update(piece)
            size += len(piece)
    held.append({"name": name, "size": size, "sha256": fingerprint.hexdigest()})
