"""A whole Tingda of the tests' own: its data folder, its database, its port, its processes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.environment import DATABASE

COMMAND = str(Path(sys.executable).with_name("tingda"))


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fresh_database(name: str, like: str = "template1") -> str:
    """DATABASE_URL of a database of its own, like another one; "" for the embedded default."""
    if DATABASE != "postgresql":
        return ""
    server = os.environ["DATABASE_URL"]
    name, like = _named(name), _named(like)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    return re.sub(r"/postgres\?", f"/{name}?", server)


def _named(name: str) -> str:
    return re.sub(r"\W", "_", name)[-50:].lower()


@dataclass
class House:
    """One installation. Its commands run as a user would run them."""

    home: Path
    port: int
    database: str = ""
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **more: str) -> dict[str, str]:
        """What the product is told, and nothing of the tests' own settings."""
        kept = {key: value for key, value in os.environ.items() if "TINGDA" not in key}
        kept.pop("DATABASE_URL", None)
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        ours = {"TINGDA_HOME": str(self.home), "PORT": str(self.port)}
        ours["TINGDA_ADDRESS"] = self.address
        ours["TINGDA_HOST_PACE"] = "0"
        if self.database:
            ours["DATABASE_URL"] = self.database
        return kept | ours | more

    def run(self, *arguments: str, timeout: float = 300, **more: str) -> Any:
        """`tingda …` to its end."""
        return subprocess.run(
            [COMMAND, *arguments],
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def python(self, code: str, timeout: float = 300, **more: str) -> str:
        """A piece of Python inside the product, for looking and for breaking things."""
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"],
            env=self.environment(DJANGO_SETTINGS_MODULE="tingda.settings", **more),
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self, seconds: float = 180, **more: str) -> None:
        """`tingda up`, until it is well."""
        with (self.home.parent / "up.log").open("a") as log:
            self.process = subprocess.Popen(
                [COMMAND, "up"], env=self.environment(**more), stdout=log, stderr=log, text=True
            )
        self.wait_well(seconds)

    def wait_well(self, seconds: float = 90) -> None:
        """Until /health says that everything runs."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.health()[0] == 200:
                return
            assert self.process is None or self.process.poll() is None, self.log()
            time.sleep(0.2)
        raise AssertionError(f"not well after {seconds} s: {self.health()}\n{self.log()}")

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and content of /health; (0, {}) when nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")
        except OSError:
            return 0, {}

    def log(self) -> str:
        """What it wrote to the terminal."""
        file = self.home.parent / "up.log"
        return file.read_text() if file.exists() else ""

    def stop(self) -> int | None:
        """SIGTERM, and its exit code."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(40)
        self.process = None
        return code
