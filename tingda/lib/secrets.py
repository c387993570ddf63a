"""Keys that are made at install, kept beside the data with mode 0600, and never exported."""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def secret(home: Path, name: str) -> bytes:
    """Return the key `name` (64 hex digits, ASCII) of the data folder, making it the first time.

    Two processes, or two threads, may start at once: the loser of the race reads the winner's key.
    Raises OSError where the folder cannot be written.
    """
    path = home / "secrets" / name
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{name}.") as fresh:  # mode 0600
        fresh.write(secrets.token_hex(32).encode())
        fresh.flush()
        with suppress(FileExistsError):
            os.link(fresh.name, path)
    return path.read_bytes()


def keyed_hash(key: bytes, *parts: str) -> str:
    """HMAC-SHA256 of the parts as 32 hex digits; without the key nobody can test a guess."""
    message = "\x1f".join(parts).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:32]
