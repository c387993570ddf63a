"""The lists of words in `chinese.toml`, read once."""

import tomllib
from functools import lru_cache
from pathlib import Path


@lru_cache(1)
def _lists() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("chinese.toml").read_text("utf-8"))


def chinese(table: str) -> dict[str, list[str]]:
    """The lists of one table, each split into its words."""
    return {name: text.split() for name, text in _lists()[table].items()}
