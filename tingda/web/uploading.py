"""Files on their way in and out: how much may come, and how what came is handed out again."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from tingda.lib.ranges import Unsatisfiable, asked_range
from tingda.lib.uploads import PLAYED, Kept, clean_name, keep, kind_of

FILE_LIMIT = 100 * 2**20  # one file of a person at the desk
_FIELDS = 2**20  # what a form holds besides files
_PIECE = 2**16
Next = Callable[[HttpRequest], HttpResponse]
View = Callable[..., Any]
R = TypeVar("R", bound=HttpResponseBase)


def keep_upload(file: "UploadedFile[Any]", folder: str) -> Kept:
    """Keep one file under the folder of that name. Raises Refused and leaves nothing then."""
    return keep(file.chunks(), file.name or "", Path(settings.MEDIA_ROOT) / folder, FILE_LIMIT)


@contextmanager
def kept_together(files: "Iterable[UploadedFile[Any]]", folder: str) -> Iterator[list[Kept]]:
    """Keep all of these; where one is refused, or what is done with them fails, none stays."""
    kept: list[Kept] = []
    try:
        for file in files:
            kept.append(keep_upload(file, folder))
        yield kept
    except BaseException:
        for one in kept:
            one.path.unlink(missing_ok=True)
        raise


def as_row(kept: Kept) -> dict[str, Any]:
    """What the row of a kept file holds."""
    path = str(kept.path.relative_to(settings.MEDIA_ROOT))
    return {"name": kept.name, "path": path, "size": kept.size, "sha256": kept.sha256}


# ---- in ----
def request_limit() -> int:
    """The most bytes that one request may bring."""
    return max(settings.UPLOAD_LIMIT_MB * 2**20, FILE_LIMIT) + _FIELDS


class WithinLimit(FileUploadHandler):
    """Stands before the handlers that write: of a file that is too large no more is written than
    the limit, and that is thrown away at once."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Called by Django with each piece; what is returned goes on to the next handler."""
        if start + len(raw_data) > FILE_LIMIT and self.request is not None:
            self.request.META[_TOO_LARGE] = clean_name(self.file_name or "")
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """Called by Django at its end: another handler has the file."""
        return None


_TOO_LARGE = "tingda.too_large"


class UploadLimitMiddleware:
    """Says no to what announces more than may come, or does not say how much, before anything of it
    is read; stands before whatever looks into the form."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        declared = request.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) > request_limit():
            response = _refused(request, gettext("这次上传的内容"), request_limit() // 2**20)
            response["Connection"] = "close"  # the rest of it is not waited for
            return response
        if not declared and "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            why = gettext("上传没有说明有多大，没有收下。请换一个浏览器或程序再试")
            response = render(request, "refused.html", {"why": why}, status=411)
            response["Connection"] = "close"
            return response
        return self.get_response(request)


class FileLimitMiddleware:
    """Says which file was too large, once the form has been read for its token."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Called by Django before the view; one that is exempt reads its form by itself."""
        if request.method == "POST" and not getattr(view, "csrf_exempt", False):
            request.POST  # noqa: B018 - reads the form, files and all
        name = request.META.get(_TOO_LARGE)
        return _refused(request, name, FILE_LIMIT // 2**20) if name else None


def _refused(request: HttpRequest, name: str, limit: int) -> HttpResponse:
    why = gettext("“%(name)s”超过 %(limit)s MB，没有收下") % {"name": name, "limit": limit}
    return render(request, "refused.html", {"why": why}, status=413)


# ---- out ----
def download(path: str, name: str) -> FileResponse:
    """A file that came from outside: never shown as a page, guessed at, or kept by a cache."""
    response = FileResponse(
        _opened(path), as_attachment=True, filename=name, content_type="application/octet-stream"
    )
    return _inert(response)


def played(request: HttpRequest, path: str, name: str) -> HttpResponseBase:
    """Sound or film for a player, in the parts that it asks for; Http404 for anything else."""
    if kind_of(name) not in PLAYED:
        raise Http404
    file = _opened(path)
    size = file.seek(0, 2)
    try:
        part = asked_range(request.headers.get("Range", ""), size)
    except Unsatisfiable:
        file.close()
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
        return response
    first, last = part or (0, size - 1)
    file.seek(first)
    streamed = StreamingHttpResponse(
        _pieces(file, last - first + 1),
        status=206 if part else 200,
        content_type=PLAYED[kind_of(name)],
    )
    streamed["Content-Length"] = str(last - first + 1)
    streamed["Accept-Ranges"] = "bytes"
    streamed["Content-Disposition"] = "inline"
    if part:
        streamed["Content-Range"] = f"bytes {first}-{last}/{size}"
    return _inert(streamed)


def _opened(path: str) -> IO[bytes]:
    try:
        return (Path(settings.MEDIA_ROOT) / path).open("rb")
    except OSError as error:
        raise Http404 from error


def _pieces(file: IO[bytes], left: int) -> Iterator[bytes]:
    with file:
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece


def _inert(response: R) -> R:
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
