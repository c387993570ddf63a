"""What a browser does, without showing anything: pages are asked for, forms are filled in."""

import re
import secrets
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

HEADER = "Server-Timing"
_TIMED = re.compile(r"(app|cpu);dur=([\d.]+)")
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
PATIENCE = 120  # seconds


@dataclass(frozen=True)
class Got:
    """What came back; `app` and `cpu` are milliseconds in the server."""

    status: int
    text: str
    app: float
    cpu: float

    @property
    def is_saved(self) -> bool:
        """The product says that it was done: it leads on to the page of the thing."""
        return self.status in (302, 303)

    def numbers(self, path: str) -> list[int]:
        """Which of these the page leads to: "/desk/cases/" -> 17, 18."""
        found = re.findall(rf'href="{re.escape(path)}(\d+)/', self.text)
        return sorted({int(number) for number in found})

    def form(self, path: str) -> str | None:
        """The form that goes there, where the page offers one."""
        found = re.search(
            rf'<form[^>]*action="{re.escape(path)}(?:\?[^"]*)?".*?</form>', self.text, re.DOTALL
        )
        return found.group() if found else None


def hidden(form: str) -> dict[str, str]:
    """What a form sends without being asked."""
    return {name: unescape(value) for name, value in _HIDDEN.findall(form)}


def offered(form: str, name: str) -> list[str]:
    """The values to choose from: of a list, or of buttons under one name."""
    choice = re.search(rf'<select name="{name}".*?</select>', form, re.DOTALL)
    if choice:
        return [value for value in re.findall(r'<option value="([^"]+)"', choice.group()) if value]
    return re.findall(rf'<input type="radio" name="{name}" value="([^"]+)"', form)


class Browser:
    """One person's, signed in."""

    def __init__(self, port: int, session: str) -> None:
        self.port, self.session = port, session
        self.token = secrets.token_hex(16)

    def get(self, path: str) -> Got:
        """Ask for a page."""
        return self._ask("GET", path, None)

    def post(self, path: str, fields: Mapping[str, str]) -> Got:
        """Send a form."""
        return self._ask("POST", path, urlencode({**fields, "csrfmiddlewaretoken": self.token}))

    def _ask(self, method: str, path: str, body: str | None) -> Got:
        headers = {"Cookie": f"sessionid={self.session}; csrftoken={self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with closing(connection):
            connection.request(method, path, body, headers)
            return _got(connection.getresponse())


def _got(answer: HTTPResponse) -> Got:
    told = {name: float(value) for name, value in _TIMED.findall(answer.getheader(HEADER, ""))}
    text = answer.read().decode()
    return Got(answer.status, text, told.get("app", 0.0), told.get("cpu", 0.0))
