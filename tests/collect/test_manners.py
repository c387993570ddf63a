"""A good guest: whose turn it is, what a host asks for, and never into the house."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.servers.dns import name_server
from tests.servers.misbehaving import Host as Server
from tests.servers.misbehaving import item, misbehaving, rss
from tingda.collect.actions.looking import (
    claim_due,
    free_claims_of_the_dead,
    look_at,
    put_clock_right,
)
from tingda.collect.models import Host, Source
from tingda.collect.sources.gate import Gate, host_of
from tingda.collect.sources.manners import RobotsRefused
from tingda.collect.sources.round import manners
from tingda.duty.actions import beat
from tingda.lib import fetch as fetching
from tingda.lib.fetch import FetchFailed, Limits, fetch

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)


class World:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = NOW

    def clock(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def gate(world: World, settings: Any) -> Gate:
    settings.HOST_PACE_SECONDS = 5.0
    return Gate(world.clock, "Tingda/test", fetch, sleep=world.sleep)


@pytest.fixture
def site(settings: Any) -> Iterator[Server]:
    with misbehaving() as server:
        settings.PRIVATE_HOSTS = [server.name]
        server.feeds["/feed"] = rss(item("停水通知", guid="1"))
        yield server


def source(address: str, name: str = "镇报", **values: Any) -> Source:
    fields = {"kind": "feed", "name": name, "address": address, "next_due": NOW}
    return Source.objects.create(host=host_of(address), **fields | values)


# --- in turn ---


def test_requests_to_one_host_are_its_pace_apart_and_not_in_step(gate: Gate, world: World) -> None:
    begun = []
    for _n in range(12):
        with gate.turn("a.example"):
            begun.append(world.now)
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(begun)]
    assert min(gaps) >= 5
    assert max(gaps) < 7
    assert len({round(gap, 3) for gap in gaps}) > 6  # jitter


def test_who_waits_before_the_screen_is_served_sooner_but_never_against_the_sites_wish(
    gate: Gate, world: World
) -> None:
    gate.pace = 1.0
    for _n in range(2):
        with gate.turn("a.example"):
            pass
    assert timedelta(seconds=1) <= world.now - NOW < timedelta(seconds=2)
    Host.objects.filter(name="a.example").update(pace_seconds=7)
    for _n in range(2):
        with gate.turn("a.example"):
            pass
    assert world.now - NOW >= timedelta(seconds=7)


def test_another_host_does_not_wait(gate: Gate, world: World) -> None:
    for name in ("a.example", "b.example", "c.example"):
        with gate.turn(name):
            pass
    assert world.now == NOW


def test_a_host_that_asks_for_more_time_gets_it(gate: Gate, world: World) -> None:
    Host.objects.create(name="a.example", pace_seconds=20)
    for _n in range(2):
        with gate.turn("a.example"):
            pass
    assert world.now >= NOW + timedelta(seconds=20)


def test_the_pace_counts_from_the_end_of_a_request_that_was_slow_to_leave(
    gate: Gate, world: World
) -> None:
    with gate.turn("a.example"):
        world.now += timedelta(seconds=4)
    ended = world.now
    with gate.turn("a.example"):
        assert world.now >= ended + timedelta(seconds=5)


def test_no_more_than_two_requests_run_at_once(gate: Gate, world: World) -> None:
    with ExitStack() as under_way:
        under_way.enter_context(gate.turn("a.example"))
        under_way.enter_context(gate.turn("a.example"))
        gate.patience = 10.0
        with pytest.raises(FetchFailed) as failed, gate.turn("a.example"):
            pass
        assert failed.value.kind == "busy"
    with gate.turn("a.example"):  # there is room again
        pass


def test_the_place_of_a_request_whose_process_died_is_free_after_a_while(
    gate: Gate, world: World
) -> None:
    for _n in range(2):
        gate._take("a.example")
        world.now += timedelta(seconds=7)
    assert gate._take("a.example") > 0
    world.now += timedelta(seconds=40)
    assert gate._take("a.example") == 0


def test_every_hop_of_a_redirect_waits_for_its_turn(site: Server, gate: Gate, world: World) -> None:
    site.status["/old"] = (302, {"Location": "/feed"})
    limits = Limits(turn=gate.turn)
    fetch(f"{site.address}/old", agent="a", allowed_hosts=[site.name], limits=limits)
    assert site.paths == ["/old", "/feed"]
    assert world.now >= NOW + timedelta(seconds=5)


def test_of_a_host_one_source_is_taken_at_a_time_and_others_are_passed_over(settings: Any) -> None:
    settings.HOST_PACE_SECONDS = 5.0
    for number in range(3):
        source(f"http://a.example/{number}", f"甲{number}", next_due=NOW - timedelta(hours=9))
    source("http://b.example/1", "乙")
    Host.objects.create(name="c.example", free_at=NOW + timedelta(seconds=3))
    source("http://c.example/1", "丙", next_due=NOW - timedelta(hours=10))
    taken = claim_due(now=NOW, limit=10, worker="w")
    assert [row.name for row in taken] == ["甲0", "乙"]


# --- what hosts ask for ---


def test_a_host_that_asks_to_be_left_alone_rests_with_all_its_sources(site: Server) -> None:
    site.status["/busy"] = (429, {"Retry-After": "3600"})
    busy = source(f"{site.address}/busy", "忙")
    source(f"{site.address}/feed", "同一站")
    look_at(busy, now=NOW)
    assert claim_due(now=NOW + timedelta(minutes=59), limit=5, worker="w") == []
    taken = claim_due(now=NOW + timedelta(minutes=61), limit=5, worker="w")
    assert [row.name for row in taken] == ["同一站"]


def test_what_is_gone_is_asked_again_after_thirty_days_and_never_given_up(site: Server) -> None:
    site.status["/gone"] = (410, {})
    row = source(f"{site.address}/gone")
    check = look_at(row, now=NOW)
    row.refresh_from_db()
    assert (check.cause, row.active) == ("gone", True)
    assert row.next_due == NOW + timedelta(days=30)


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        (None, True),
        ("", True),
        ("User-agent: *\nDisallow: /notices/", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Tingda\nAllow: /", True),
        ("User-agent: Tingda\nDisallow: /", False),
        ("User-agent: *\nDisallow: /notices/\nAllow: /notices/public/", False),
        ("<html>not rules at all</html>", True),
    ],
)
def test_robots_txt_is_obeyed_for_pages_and_the_decision_is_kept(
    site: Server, rules: str | None, allowed: bool
) -> None:
    site.robots = rules
    site.feeds["/notices/1.html"] = b"<html></html>"
    out = manners(NOW)
    page = f"{site.address}/notices/1.html"
    if allowed:
        assert out.get_page(page).status == 200
    else:
        with pytest.raises(RobotsRefused, match=r"robots\.txt"):
            out.get_page(page)
        assert "/notices/1.html" not in site.paths
    assert dict(out.decisions) == {page: allowed}


def test_robots_txt_is_asked_for_once_a_day(site: Server, gate: Gate, world: World) -> None:
    site.robots = "User-agent: *\nCrawl-delay: 12\n"
    page = f"{site.address}/a"
    gate.allowed_hosts = (site.name,)
    for later in (timedelta(0), timedelta(hours=23), timedelta(hours=25)):
        world.now = NOW + later
        gate.robots(page)
    assert site.paths == ["/robots.txt"] * 2
    assert Host.objects.get(name="127.0.0.1").pace_seconds == 12


def test_a_site_whose_rules_cannot_be_had_is_left_alone_for_now(site: Server) -> None:
    site.status["/robots.txt"] = (503, {})
    with pytest.raises(FetchFailed):
        manners(NOW).get_page(f"{site.address}/a")
    assert site.paths == ["/robots.txt"]


# --- never into the house ---


def test_a_name_server_that_changes_its_answer_gains_nothing(
    site: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checked and dialled is one and the same answer, also when the next one points inside."""
    port = site.address.rsplit(":", 1)[1]
    with name_server(rebind_test=["198.51.100.7", "127.0.0.1"]) as names:
        monkeypatch.setattr(fetching, "getaddrinfo", names.resolve)
        # documentation addresses lead nowhere, which is what we want of the public one
        monkeypatch.setattr(fetching, "is_public", lambda address: address == "198.51.100.7")
        url = f"http://rebind.test:{port}/feed"
        kinds = []
        for _look in range(3):
            with pytest.raises(FetchFailed) as failed:
                fetch(url, agent="a", limits=Limits(total=0.6, connect=0.3))
            kinds.append(failed.value.kind)
    assert kinds[1:] == ["private", "private"]
    assert (site.asked, names.asked) == ([], ["rebind.test"] * 3)


# --- workers that die, clocks that jump ---


def test_what_a_dead_worker_had_taken_is_free_as_soon_as_it_is_missed() -> None:
    source("http://a.example/1")
    beat("w1", now=NOW)
    assert len(claim_due(now=NOW, limit=5, worker="w1")) == 1
    soon, later = NOW + timedelta(seconds=20), NOW + timedelta(seconds=40)
    assert free_claims_of_the_dead(now=soon) == 0
    beat("w2", now=later)
    assert free_claims_of_the_dead(now=later) == 1
    assert len(claim_due(now=later, limit=5, worker="w2")) == 1


def test_a_living_worker_keeps_what_it_has_taken() -> None:
    source("http://a.example/1")
    beat("w1", now=NOW)
    claim_due(now=NOW, limit=5, worker="w1")
    beat("w1", now=NOW + timedelta(seconds=60))
    assert free_claims_of_the_dead(now=NOW + timedelta(seconds=60)) == 0


def test_a_clock_that_was_put_back_makes_everything_due_and_forgets_no_source() -> None:
    row = source("http://a.example/1", next_due=NOW + timedelta(hours=1))
    Host.objects.update(free_at=NOW + timedelta(hours=1), closed_until=NOW + timedelta(hours=1))
    assert beat("w", now=NOW) is False
    before = NOW - timedelta(minutes=50)
    assert beat("w", now=before) is True
    put_clock_right(now=before)
    later = before + timedelta(seconds=10)
    assert [taken.pk for taken in claim_due(now=later, limit=5, worker="w")] == [row.pk]
    assert beat("w", now=later) is False
