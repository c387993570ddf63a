"""The process that draws charts, as seen by the one that wants them drawn."""

import atexit
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

# By path, and isolated: the child starts without the package, in half the time.
_COMMAND = (sys.executable, "-I", str(Path(__file__).with_name("charts_draw.py")))
PATIENCE_SECONDS = 30.0


class DrawingFailed(Exception):
    """A chart could not be drawn; the text says why, for the log."""


class Child:
    """One drawing process, started when first asked and again when it has gone.

    Threads take turns. After a fork each side has its own.
    """

    def __init__(self, command: tuple[str, ...] = _COMMAND) -> None:
        self._command = command
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.close)

    def ask(self, line: bytes, *, patience: float = PATIENCE_SECONDS) -> bytes:
        """Send one line, return the line that answers it. Raises DrawingFailed.

        A child that ended while idle is replaced; one that is silent for `patience` seconds
        is killed.
        """
        with self._turn:
            for last_try in (False, True):
                try:
                    return self._ask(line, time.monotonic() + patience)
                except OSError as error:
                    self._end()
                    if last_try:
                        raise DrawingFailed(f"the drawing process ended: {error}") from error
                except BaseException:
                    self._end()  # half an answer may be in the pipe; the next must not read it
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End the child, if there is one; the next request starts another."""
        with self._turn:
            self._end()

    def _ask(self, line: bytes, until: float) -> bytes:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = self._start()
        source, target = self._process.stdout, self._process.stdin
        if source is None or target is None:
            raise DrawingFailed("the drawing process has no pipes")
        target.write(line)
        target.flush()
        answer = bytearray()
        while not answer.endswith(b"\n"):
            if not select.select([source], [], [], max(until - time.monotonic(), 0))[0]:
                raise DrawingFailed("the drawing process did not answer in time")
            part = os.read(source.fileno(), 1 << 16)
            if not part:
                raise BrokenPipeError("nothing more to read")
            answer += part
        return bytes(answer)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and our own file
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        try:
            process.communicate()  # reads what is left, closes the pipes, takes the exit code
        except OSError:
            process.wait()

    def _forget(self) -> None:
        """The other side of a fork keeps the child; reading its answers here would steal them."""
        self._turn = threading.Lock()
        if self._process is not None:
            self._process.returncode = 0  # else it would be warned about as still running
            self._process = None
