"""Kinds of source: what each must have, and that the one in the docs really works."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.servers.misbehaving import misbehaving
from tingda.collect.actions.looking import look_at
from tingda.collect.models import Source, Voice
from tingda.collect.sources import BROUGHT, KINDS, kind
from tingda.collect.sources import round as rounds
from tingda.collect.sources.contract import Kind

DOCS = Path(__file__).parents[2] / "docs"
NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_says_what_it_needs_and_has_its_page(name: str) -> None:
    this = kind(name)
    assert isinstance(this, Kind)
    assert this.address_label
    names = [option.name for option in this.options]
    assert len(names) == len(set(names))
    assert all(option.label for option in this.options)
    assert all(option.choices for option in this.options if option.form == "choice")
    page = (DOCS / "collectors" / f"{name}.md").read_text("utf-8")
    assert page.startswith(f"# {KINDS[name]}")


def test_the_docs_name_every_kind_as_the_screen_does() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", (DOCS / "collectors.md").read_text("utf-8"), re.M)
    assert dict(rows) == {**KINDS, **BROUGHT}


@pytest.mark.django_db
def test_the_kind_in_the_docs_is_a_whole_one(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (DOCS / "collectors.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    module: dict[str, Any] = {}
    exec(code, module)  # noqa: S102 - our own docs
    monkeypatch.setattr(rounds, "kind", lambda _name: module["KIND"])
    with misbehaving() as site:
        settings.PRIVATE_HOSTS = [site.name]
        site.feeds["/outages"] = (
            b'[{"id": 1, "title": "A", "text": "no power", "area": "east"},'
            b' {"id": 2, "title": "B", "text": "no power", "area": "west"}]'
        )
        site.feeds["/other"] = b'{"not": "a list"}'
        address = f"{site.address}/outages"
        values = {"kind": "feed", "next_due": NOW, "options": {"area": "east"}}
        good = Source.objects.create(name="停电", address=address, **values)
        bad = Source.objects.create(name="别的", address=f"{site.address}/other", **values)
        assert look_at(good, now=NOW).outcome == "heard"
        assert look_at(bad, now=NOW).note == "这不是停电信息的列表，请检查地址"
    assert [(v.title, v.place) for v in Voice.objects.all()] == [("A", "east")]
