"""Signing in with the office's own OpenID Connect server, which here is one of the test's own."""

import json
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.house import House
from tests.process.test_races import PEOPLE

pytestmark = pytest.mark.once
LOOK = """
import json
from allauth.socialaccount.models import SocialAccount
from tingda.people.models import Person
rows = SocialAccount.objects.values_list("uid", "user__login")
print(json.dumps([list(rows), Person.objects.count()]))
"""


class Server(ThreadingHTTPServer):
    """It lets in whomever the test says."""

    claims: dict[str, str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answers(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path, _mark, query = self.path.partition("?")
        if path == "/authorize":
            asked = dict(urllib.parse.parse_qsl(query))
            back = urllib.parse.urlencode({"code": "x", "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        elif path == "/userinfo":
            self._json(self.server.claims)
        else:
            own = self.server.address
            places = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            named = {f"{name}_endpoint": f"{own}/{place}" for name, place in places.items()}
            self._json(named | {"issuer": own})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._json({"access_token": "t", "token_type": "Bearer"})

    def _json(self, told: object) -> None:
        raw = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_told: object) -> None:
        """Silent."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Answers)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def enter(house: House) -> tuple[str, str]:
    """Where one who presses the link comes to, and what it says there."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with opener.open(f"{house.address}/sign-in/", timeout=30) as page:
        assert "用单位账号进入" in page.read().decode()
    with opener.open(f"{house.address}/sign-in/oidc/office/login/", timeout=30) as page:
        return page.url.removeprefix(house.address), page.read().decode()


def test_who_is_somebody_here_comes_in_and_nobody_else(house: House, server: Server) -> None:
    house.python(PEOPLE)
    told = {"SERVER": server.address, "CLIENT": "tingda", "SECRET": "s", "NAME": "单位账号"}
    house.start(**{f"TINGDA_OIDC_{name}": value for name, value in told.items()})
    server.claims = {"sub": "42", "preferred_username": "duty"}
    assert enter(house)[0] == "/desk/"
    server.claims = {"sub": "42", "preferred_username": "renamed"}  # known by the number now
    assert enter(house)[0] == "/desk/"
    server.claims = {"sub": "43", "preferred_username": "duty"}
    where, page = enter(house)
    assert (where, "已经与另一个账号对应" in page) == ("/sign-in/", True)
    server.claims = {"sub": "44", "preferred_username": "stranger"}
    where, page = enter(house)
    assert (where, "没有与您对应的人员" in page) == ("/sign-in/", True)
    environment = {"TINGDA_OIDC_SERVER": server.address, "TINGDA_OIDC_CLIENT": "tingda"}
    assert json.loads(house.python(LOOK, **environment)) == [[["42", "duty"]], 5]
