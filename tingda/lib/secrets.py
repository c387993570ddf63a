"""Keys that are made at install, kept beside the data with mode 0600, and never exported."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path


def secret(home: Path, name: str) -> bytes:
    """Return the key `name` (64 hex digits, ASCII) of the data folder, making it the first time.

    Two processes may start at once: the loser of the race reads the winner's key.
    Raises OSError where the folder cannot be written.
    """
    path = home / "secrets" / name
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secrets.token_hex(32).encode())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()


def keyed_hash(key: bytes, *parts: str) -> str:
    """HMAC-SHA256 of the parts as 32 hex digits; without the key nobody can test a guess."""
    message = "\x1f".join(parts).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:32]
