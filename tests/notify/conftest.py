"""Ways of the cast, over one real carrying process for all tests."""

from collections.abc import Callable, Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.servers.receivers import Receiver, listening
from tingda.lib.messenger import Messenger
from tingda.notify.actions.ways import Wishes, add_reach
from tingda.notify.models import Reach
from tingda.people.models import Person


class _Kept(Messenger):
    """Stays from one test to the next: starting it takes longer than most tests."""

    def __exit__(self, *error: object) -> None:
        pass

    def close(self) -> None:
        self._end()


@pytest.fixture(scope="session")
def carrying() -> Iterator[Messenger]:
    made = _Kept(allowed_hosts=["127.0.0.1"], own_name="tingda.test", patience=5)
    yield made
    made.close()


@pytest.fixture
def carrier(carrying: Messenger, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Messenger:
    """What is sent in this process goes through that one."""
    settings.PRIVATE_HOSTS = ["127.0.0.1"]
    settings.ADDRESS = "https://tingda.test"
    monkeypatch.setattr("tingda.notify.actions.sending.messenger", lambda: carrying)
    return carrying


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program of the office's own that takes messages."""
    with listening(Receiver()) as told:
        yield told


@pytest.fixture
def hook(
    cast: SimpleNamespace, carrier: Messenger, receiver: Receiver, now: datetime
) -> Callable[..., Reach]:
    """A person's way to that program."""

    def make(person: Person | None = None, *, shared: bool = False, **wishes: Any) -> Reach:
        fields = {"url": receiver.address, "token": "secret-of-the-hook"}
        by = cast.admin if shared else person or cast.duty
        asked = Wishes(**{"language": "zh-hans"} | wishes)
        return add_reach("webhook", "程序", fields, asked, by=by, now=now, shared=shared)

    return make
