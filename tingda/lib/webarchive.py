"""One page, or only words, as a web archive file (WARC 1.1, ISO 28500:2017), gzipped by record.

Headers that no longer tell the truth about the stored body (it is kept unpacked) are kept beside
under the name that archives use: X-Archive-Orig-….
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from urllib.parse import urlsplit

from warcio.statusandheaders import (  # type: ignore[import-untyped]  # it has no types
    StatusAndHeaders,
)
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]  # nor this

VERSION = "WARC/1.1"
_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding", "connection")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came: where from, the answer, and under which name it was asked for."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What was said, as bytes of some kind, under an address of its own (a URN, say)."""

    uri: str
    content: bytes
    kind: str = "application/json"


@dataclass(frozen=True, slots=True)
class About:
    """When the file is made (aware), its name, and what is told about its making."""

    at: datetime
    name: str
    info: Mapping[str, str] = field(default_factory=dict)


def archive(words: Words, page: Page | None, about: About) -> bytes:
    """The whole file: warcinfo, request and response where there is a page, and the words."""
    target = BytesIO()
    writer = WARCWriter(target, gzip=True, warc_version=VERSION)
    date = about.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    when = {"WARC-Date": date}
    info = writer.create_warcinfo_record(
        about.name, {"format": "WARC File Format 1.1"} | dict(about.info)
    )
    info.rec_headers.replace_header("WARC-Date", date)
    writer.write_record(info)
    if page:
        response = writer.create_warc_record(
            page.url,
            "response",
            payload=BytesIO(page.body),
            length=len(page.body),
            http_headers=_response_headers(page),
            warc_headers_dict=when,
        )
        request = writer.create_warc_record(
            page.url, "request", http_headers=_request_headers(page), warc_headers_dict=dict(when)
        )
        writer.write_request_response_pair(request, response)
    writer.write_record(
        writer.create_warc_record(
            words.uri,
            "resource",
            payload=BytesIO(words.content),
            length=len(words.content),
            warc_content_type=words.kind,
            warc_headers_dict=dict(when),
        )
    )
    return target.getvalue()


def _response_headers(page: Page) -> StatusAndHeaders:
    try:
        reason = HTTPStatus(page.status).phrase
    except ValueError:
        reason = ""
    headers = []
    for name, value in page.headers.items():
        kept = f"X-Archive-Orig-{name}" if name.lower() in _OF_THE_WIRE else name
        headers.append((kept, " ".join(value.split())))
    headers.append(("Content-Length", str(len(page.body))))
    return StatusAndHeaders(f"{page.status} {reason}".strip(), headers, protocol="HTTP/1.1")


def _request_headers(page: Page) -> StatusAndHeaders:
    parts = urlsplit(page.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [("Host", parts.netloc), ("User-Agent", page.agent), ("Accept-Encoding", "gzip")]
    return StatusAndHeaders(f"GET {path} HTTP/1.1", headers, is_http_request=True)
