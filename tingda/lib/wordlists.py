"""Lists of words in TOML files (`chinese.toml`, and others beside the code they serve)."""

import tomllib
from functools import lru_cache
from pathlib import Path


@lru_cache(8)
def _tables(path: Path) -> dict[str, dict[str, str]]:
    return tomllib.loads(path.read_text("utf-8"))


def lists(path: Path, table: str) -> dict[str, list[str]]:
    """The lists of one table of a file, each split into its words. A file is read once."""
    return {name: text.split() for name, text in _tables(path)[table].items()}


def chinese(table: str) -> dict[str, list[str]]:
    """The lists of one table of `chinese.toml`."""
    return lists(Path(__file__).with_name("chinese.toml"), table)
