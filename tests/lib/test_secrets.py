"""Keys that are made at install."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from tingda.lib.secrets import secret


def test_threads_that_need_a_key_at_once_all_get_the_same(tmp_path: Path) -> None:
    together = Barrier(16)

    def ask(number: int) -> bytes:
        together.wait()
        return secret(tmp_path, f"key{number % 2}")

    with ThreadPoolExecutor(16) as threads:
        made = list(threads.map(ask, range(16)))
    assert len(set(made[::2])) == len(set(made[1::2])) == 1
    folder = tmp_path / "secrets"
    assert sorted(path.name for path in folder.iterdir()) == ["key0", "key1"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
