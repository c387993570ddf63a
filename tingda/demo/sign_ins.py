"""How to sign in to the demo, for the terminal."""

from pathlib import Path

from django.conf import settings


def sign_in_file() -> Path:
    """Where the demo's sign-ins are, as lines."""
    return Path(settings.HOME) / "secrets" / "demo-sign-ins"


def sign_ins() -> list[str]:
    """The demo's sign-ins as lines; none where there is no demo."""
    file = sign_in_file()
    return file.read_text().splitlines() if file.exists() else []
