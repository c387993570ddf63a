"""Hubs: asked, verified, believed only when signed, and missed by nobody when they fail."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests.house import House
from tests.servers.feed import Hub, Site, Subscriber, feed_site
from tingda.collect.actions.looking import look_at
from tingda.collect.actions.sources import listen_closely, look_now, set_active
from tingda.collect.actions.subscriptions import subscribe_due
from tingda.collect.models import Check, Source, Subscription, Voice
from tingda.lib import present
from tingda.web.public import hub as hub_view
from tingda.worker.loop import LANES

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HEAD = "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>镇报</title>"


def items(*numbers: int) -> str:
    return "".join(f"<item><guid>{n}</guid><title>第{n}篇</title></item>" for n in numbers)


def rss(*numbers: int) -> bytes:
    return f"{HEAD}{items(*numbers)}</channel></rss>".encode()


class World:
    """A feed with a hub, our source for it, and a clock that is put forward by hand."""

    def __init__(self, site: Site, hub: Hub) -> None:
        self.site, self.hub = site, hub
        self.now = present.now()
        self.numbers = [1, 2]
        self.topic = f"{site.address}/self"
        self.offer()
        self.source = Source.objects.create(
            kind="feed", name="镇报", address=f"{site.address}/feed", next_due=self.now
        )
        hub.visit = self.visit
        self.seen: list[tuple[str, int]] = []

    def visit(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        """The hub comes to us; its time is ours."""
        parts = urlsplit(url)
        client = Client()
        where = f"{parts.path}?{parts.query}" if parts.query else parts.path
        came = client.generic(
            method,
            where,
            body,
            headers["Content-Type"] if body else "",
            headers={name: value for name, value in headers.items() if name != "Content-Type"},
        )
        return came.status_code, came.content.decode()

    def offer(self, *numbers: int, named: bool = True) -> None:
        """Lay out the feed, with what is new in it."""
        self.numbers += numbers
        links = f"<atom:link rel='hub' href='{self.hub.address}'/>"
        links += f"<atom:link rel='self' href='{self.topic}'/>"
        body = f"{HEAD}{links if named else ''}{items(*self.numbers)}</channel></rss>"
        self.site.put("/feed", body)

    def look(self, after: timedelta = timedelta(0)) -> Check:
        """A look by the worker, and its errands."""
        self.now += after
        check = look_at(self.again(), now=self.now)
        self.errand()
        return check

    def errand(self, after: timedelta = timedelta(0)) -> int:
        self.now += after
        return subscribe_due(now=self.now)

    def again(self) -> Source:
        self.source.refresh_from_db()
        return self.source

    @property
    def row(self) -> Subscription:
        return Subscription.objects.get()

    @property
    def wait(self) -> timedelta:
        """How long after the last look the next one is."""
        source = self.again()
        assert source.next_due and source.looked_at
        return source.next_due - source.looked_at

    def error(self) -> str:
        return self.row.error % self.row.error_params


@pytest.fixture
def world(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with feed_site() as (site, hub):
        settings.PRIVATE_HOSTS = [site.address.partition("//")[2]]
        settings.ADDRESS = "http://localhost"
        made = World(site, hub)
        monkeypatch.setattr(hub_view, "present", SimpleNamespace(now=lambda: made.now))
        yield made


@pytest.fixture
def subscribed(world: World) -> World:
    """The hub verified, and one look since found nothing: the feed rests."""
    world.look()
    assert world.hub.verify() == [200]
    world.look(HOUR)
    assert world.wait > 20 * HOUR
    return world


def titles() -> list[str]:
    return list(Voice.objects.order_by("id").values_list("title", flat=True))


# --- asking ---


def test_a_feed_that_names_a_hub_is_subscribed_to(world: World) -> None:
    world.look()
    (asked,) = world.hub.asked
    row = world.row
    assert asked == {
        "hub.mode": "subscribe",
        "hub.topic": world.topic,
        "hub.callback": f"http://localhost/hub/{row.token}/",
        "hub.secret": row.key,
        "hub.lease_seconds": "864000",
    }
    assert min(len(row.token), len(row.key)) >= 40
    assert row.confirmed_at is None  # it has not come to verify
    assert world.hub.verify() == [200]
    assert (world.row.confirmed_at, world.row.lease_until) == (world.now, world.now + 10 * DAY)
    world.errand()
    assert (world.errand(), len(world.hub.asked)) == (0, 1)


@pytest.mark.parametrize("where", ["header", "json"])
def test_hubs_are_named_in_headers_and_in_json_too(world: World, where: str) -> None:
    if where == "header":
        linked = f'<{world.hub.address}>; rel="hub", </other>; rel="self"'
        world.site.put("/feed", rss(1), Link=linked)
    else:
        hubs = '[{"type": "rssCloud", "url": "/c"}, {"type": "WebSub", "url": "/hub"}]'
        body = f'{{"version": "https://jsonfeed.org/version/1.1", "items": [], "hubs": {hubs}, '
        world.site.put("/feed", body + '"feed_url": "/other"}')
    world.look()
    assert (world.row.hub, world.row.topic) == (world.hub.address, f"{world.site.address}/other")
    assert set(world.again().memory) == {"body", "hub", "self"}


def test_a_feed_without_a_hub_is_nothing_to_do(world: World) -> None:
    world.offer(named=False)
    world.look()
    assert (world.hub.asked, Subscription.objects.count()) == ([], 0)


def test_no_hub_outside_is_asked_to_call_an_address_without_https(
    world: World, settings: Any
) -> None:
    world.offer()
    body = world.site.pages["/feed"].body.replace(
        world.hub.address.encode(), b"https://hub.example.com/"
    )
    world.site.put("/feed", body)
    world.look()
    assert Subscription.objects.count() == 0
    settings.ADDRESS = "https://tingda.example.cn"
    world.errand()
    assert world.row.hub == "https://hub.example.com/"


def test_a_hub_that_refuses_is_noted_and_asked_later_and_later(world: World) -> None:
    world.hub.status = 500
    world.look()
    assert "500" in world.error()
    assert world.wait < HOUR  # the ordinary looks go on
    asked = [len(world.hub.asked)]
    for _hour in range(24):
        world.errand(HOUR)
        asked.append(len(world.hub.asked))
    assert [asked[1], asked[2], asked[3], asked[6], asked[7], asked[14], asked[15]] == [
        *(2, 2, 3, 3, 4, 4, 5)
    ]
    world.hub.status = 202
    world.errand(DAY)
    assert world.hub.verify() == [200]
    assert (world.row.error, world.row.confirmed_at) == ("", world.now)


def test_a_hub_that_never_verifies_is_noted(world: World) -> None:
    world.look()
    assert world.error() == ""
    world.errand(HOUR)
    assert "没有来核对" in world.error()
    assert "127.0.0.1" in world.error()
    assert len(world.hub.asked) == 2


def test_where_nobody_is_at_home_one_feed_asks_for_all(world: World, settings: Any) -> None:
    settings.PRIVATE_HOSTS += ["127.0.0.1:9"]
    told = {"body": "", "hub": "http://127.0.0.1:9/"}
    for number in range(3):
        memory = told | {"self": f"http://a.example.cn/{number}"}
        fields = {"kind": "feed", "name": f"{number}", "looked_at": world.now, "memory": memory}
        Source.objects.create(**fields)
    done = [world.errand() for _turn in range(3)]
    assert done == [4, 0, 0]  # three noted and one asked; the others wait as long
    assert [row.error != "" for row in Subscription.objects.order_by("asked_at")].count(True) == 1
    assert world.errand(HOUR) == 1


def test_a_lease_is_renewed_before_it_ends(subscribed: World) -> None:
    world = subscribed
    first = world.row
    world.errand(8 * DAY)
    assert len(world.hub.asked) == 1
    world.errand(DAY)
    assert len(world.hub.asked) == 2
    assert world.hub.asked[1] == world.hub.asked[0]  # the same address and key
    assert world.hub.verify() == [200]
    assert world.row.lease_until == world.now + 10 * DAY
    assert world.row.confirmed_at == first.confirmed_at


def test_a_lease_that_nobody_renewed_ends_and_looks_go_on_as_usual(subscribed: World) -> None:
    world = subscribed
    world.now += 10 * DAY
    Source.objects.update(looked_at=world.now, next_due=world.now + DAY)
    world.errand()
    assert (world.row.confirmed_at, "到期" in world.error()) == (None, True)
    assert world.wait <= HOUR / 2


@pytest.mark.parametrize(
    ("lease", "kept"),
    [("", 10 * DAY), ("junk", 10 * DAY), ("9" * 12, 90 * DAY), ("60", DAY / 1440)],
)
def test_odd_leases_are_taken_with_sense(world: World, lease: str, kept: timedelta) -> None:
    world.look()
    world.hub.lease = lease  # type: ignore[assignment] - what a hub may send
    world.hub.verify()
    assert world.row.lease_until == world.now + kept
    world.errand(timedelta(seconds=50))
    assert len(world.hub.asked) == 1  # never asked every few seconds


# --- verifying ---


def question(world: World, **told: str) -> tuple[int, str]:
    row = world.row
    asked = {"hub.mode": "subscribe", "hub.topic": row.topic, "hub.challenge": "abc"}
    asked |= {f"hub.{name}": value for name, value in told.items() if name != "token"}
    came = Client().get(f"/hub/{told.get('token', row.token)}/", asked)
    assert came["Content-Type"] == "text/plain; charset=utf-8"
    return came.status_code, came.content.decode()


def test_only_what_we_asked_for_is_confirmed(world: World) -> None:
    world.look()
    assert question(world, token="x" * 43) == (404, "")
    assert question(world, topic="https://other.example.com/") == (404, "")
    assert question(world, mode="unsubscribe") == (404, "")  # somebody else wants us to stop
    assert question(world, mode="publish") == (404, "")
    assert question(world, challenge="") == (404, "")
    assert world.row.confirmed_at is None
    assert question(world) == (200, "abc")
    assert world.row.confirmed_at == world.now


def test_a_hub_that_denies_is_noted_with_its_reason(subscribed: World) -> None:
    assert question(subscribed, mode="denied", reason="no\nspace")[0] == 200
    assert "不给推送（no space）" in subscribed.error()
    assert (subscribed.row.confirmed_at, subscribed.wait <= 2 * HOUR) == (None, True)


# --- pushes ---


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signed_push_is_heard_at_once_and_recorded(subscribed: World, method: str) -> None:
    subscribed.now += HOUR
    assert subscribed.hub.push(rss(2, 3), method) == [202]
    assert titles() == ["第1篇", "第2篇", "第3篇"]
    check = Check.objects.latest("id")
    assert (check.outcome, check.added, check.repeated) == ("heard", 1, 1)
    assert (check.note, check.at) == ("由推送听到", subscribed.now)
    assert (subscribed.row.pushed_at, subscribed.wait > 20 * HOUR) == (subscribed.now, True)


def test_what_is_not_signed_with_our_key_is_not_heard(subscribed: World) -> None:
    before = Check.objects.count()
    assert subscribed.hub.push(rss(3), secret="guessed") == [202]
    assert subscribed.hub.push(rss(3), "md5") == [202]
    url = f"/hub/{subscribed.row.token}/"
    for header in ({}, {"X-Hub-Signature": "sha256="}, {"X-Hub-Signature": "sha256=\xe9"}):
        came = Client().generic("POST", url, rss(3), "text/xml", headers=header)
        assert came.status_code == 202
    assert (titles(), Check.objects.count()) == (["第1篇", "第2篇"], before)
    assert subscribed.row.pushed_at is None


def test_a_push_nobody_wants_or_one_too_large_is_turned_away(subscribed: World) -> None:
    assert Client().post("/hub/unknown/", b"x", "text/xml").status_code == 404
    url = f"/hub/{subscribed.row.token}/"
    big = b"x" * (15 * 2**20 + 1)
    assert Client().generic("POST", url, big, "text/xml").status_code == 413
    assert Client().put(url).status_code == 405


def test_guessing_addresses_is_slow(db: None) -> None:
    answers = [Client().get(f"/hub/guess-{number}/").status_code for number in range(32)]
    assert answers == [404] * 30 + [429] * 2


def test_a_push_that_is_no_feed_asks_for_a_look(subscribed: World) -> None:
    subscribed.now += HOUR
    assert subscribed.hub.push(b"something is new") == [202]
    assert subscribed.again().next_due == subscribed.now
    assert Check.objects.filter(note="由推送听到").count() == 0


def test_what_a_push_brought_is_no_news_to_the_daily_look(subscribed: World) -> None:
    subscribed.hub.push(rss(3))
    subscribed.offer(3)
    assert subscribed.look(DAY).outcome == "nothing"
    assert (subscribed.row.missed, subscribed.wait > 20 * HOUR) == (0, True)


# --- a look a day beside the hub ---


def test_the_first_look_after_the_hub_agreed_counts_for_nothing(world: World) -> None:
    world.look()
    world.hub.verify()
    world.offer(3)  # may have come out before the hub knew us
    world.look(HOUR)
    assert (world.row.missed, world.wait < HOUR) == (0, True)
    world.look(HOUR)
    assert world.wait > 20 * HOUR


def test_pushes_do_not_put_off_the_daily_look(subscribed: World) -> None:
    due = subscribed.again().next_due
    for number in range(3, 8):
        subscribed.now += 4 * HOUR
        subscribed.hub.push(rss(number))
    assert subscribed.again().next_due == due


def test_a_hub_that_tells_nothing_is_taken_for_dead(subscribed: World) -> None:
    world = subscribed
    for number in (3, 4, 5):
        assert world.row.confirmed_at is not None
        world.offer(number)
        world.look(DAY)
        assert world.wait < HOUR
        if number < 5:
            world.look(HOUR)  # nothing more: it rests again
            assert world.wait > 20 * HOUR
    assert world.row.confirmed_at is None
    assert "3 次没有推送" in world.error()
    world.look(HOUR)
    assert world.wait < HOUR  # as usual from now on
    assert len(world.hub.asked) == 1
    world.errand(30 * DAY)
    assert len(world.hub.asked) == 2


def test_a_push_clears_the_hub_of_what_it_missed(subscribed: World) -> None:
    for number in (3, 4):
        subscribed.offer(number)
        subscribed.look(DAY)
    assert subscribed.row.missed == 2
    subscribed.hub.push(rss(5))
    assert subscribed.row.missed == 0
    assert subscribed.wait > 20 * HOUR


def test_a_look_is_weighed_once(subscribed: World) -> None:
    subscribed.offer(3)
    subscribed.look(DAY)
    for _turn in range(3):
        subscribed.errand()
    assert subscribed.row.missed == 1


def test_a_renewal_does_not_weigh_a_look_again(subscribed: World) -> None:
    subscribed.offer(3)
    subscribed.look(DAY)
    assert question(subscribed)[0] == 200
    subscribed.errand()
    assert subscribed.row.missed == 1


def test_a_push_before_the_hub_verified_is_heard_and_nothing_is_put_off(world: World) -> None:
    world.look()
    row = world.row
    callback = f"http://localhost/hub/{row.token}/"
    world.hub.subscribers[callback] = Subscriber(row.topic, callback, row.key)
    assert world.hub.push(rss(3)) == [202]
    assert (titles()[-1], world.wait < HOUR) == ("第3篇", True)


def test_listening_closely_goes_before_the_hub(subscribed: World, cast: SimpleNamespace) -> None:
    world = subscribed
    until = world.now + 5 * HOUR
    listen_closely(world.again(), 10, until, "高考期间", by=cast.duty, now=world.now)
    world.look()
    assert world.wait <= timedelta(minutes=10)
    world.hub.push(rss(3))
    assert world.wait <= timedelta(minutes=10)
    world.offer(3)
    world.look(6 * HOUR)
    assert world.wait > 20 * HOUR


def test_somebody_who_wants_a_look_now_gets_it(subscribed: World, cast: SimpleNamespace) -> None:
    look_now(subscribed.again(), by=cast.duty, now=subscribed.now)
    subscribed.errand()
    subscribed.hub.push(rss(3))
    assert subscribed.again().next_due == subscribed.now


def test_a_feed_that_fails_is_not_put_off(subscribed: World) -> None:
    subscribed.site.pages["/feed"].status = 500
    subscribed.look(DAY)
    subscribed.look(HOUR)
    assert subscribed.wait < 2 * HOUR


# --- stopping ---


def test_a_paused_source_is_unsubscribed(subscribed: World, cast: SimpleNamespace) -> None:
    world = subscribed
    set_active(world.again(), False, by=cast.admin, now=world.now)
    assert question(world) == (404, "")
    assert world.hub.push(rss(3)) == [404]
    world.errand()
    assert world.hub.asked[-1]["hub.mode"] == "unsubscribe"
    assert "hub.secret" not in world.hub.asked[-1]
    assert world.hub.verify() == [200]
    assert (Subscription.objects.count(), world.hub.subscribers) == (0, {})
    assert titles() == ["第1篇", "第2篇"]


def test_a_hub_that_lets_nobody_go_is_left(subscribed: World, cast: SimpleNamespace) -> None:
    subscribed.hub.status = 500
    set_active(subscribed.again(), False, by=cast.admin, now=subscribed.now)
    for _day in range(4):
        subscribed.errand(DAY)
    assert Subscription.objects.count() == 0
    assert [asked["hub.mode"] for asked in subscribed.hub.asked[1:]] == ["unsubscribe"] * 3


def test_a_source_taken_up_again_is_subscribed_again(
    subscribed: World, cast: SimpleNamespace
) -> None:
    world = subscribed
    set_active(world.again(), False, by=cast.admin, now=world.now)
    world.errand()
    set_active(world.again(), True, by=cast.admin, now=world.now)
    world.errand()
    assert [asked["hub.mode"] for asked in world.hub.asked] == [
        *("subscribe", "unsubscribe", "subscribe")
    ]


def test_a_feed_that_goes_to_another_hub_is_followed(subscribed: World) -> None:
    world = subscribed
    old = world.row
    world.topic = f"{world.site.address}/other"
    world.offer(3)
    world.look(DAY)
    new = world.row
    assert (new.topic, new.confirmed_at) == (world.topic, None)
    assert {new.token, new.key}.isdisjoint({old.token, old.key})
    assert world.hub.push(rss(9)) == [404]


def test_a_feed_that_names_no_hub_any_more_is_left_to_looks(subscribed: World) -> None:
    subscribed.offer(3, named=False)
    subscribed.look(DAY)
    assert subscribed.hub.asked[-1]["hub.mode"] == "unsubscribe"
    subscribed.hub.verify()
    assert Subscription.objects.count() == 0
    subscribed.look(HOUR)
    assert subscribed.wait < HOUR


# --- the whole way, over the network ---


def until(found: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while not (value := found()) and time.monotonic() < end:
        time.sleep(0.1)
    return value


@pytest.mark.once
def test_a_running_house_is_verified_by_a_real_hub_and_hears_what_it_brings(house: House) -> None:
    with feed_site() as (site, hub):
        hub.at_once = True  # it asks back before it answers
        linked = f'<{hub.address}>; rel="hub", <{site.address}/feed>; rel="self"'
        site.put("/feed", rss(1, 2), Link=linked)
        house.start(TINGDA_PRIVATE_HOSTS=site.address.partition("//")[2])
        house.python(
            "from django.utils import timezone\n"
            "from tingda.collect.models import Source\n"
            "Source.objects.create(kind='feed', name='镇报', next_due=timezone.now(), "
            f"address='{site.address}/feed')"
        )
        assert until(lambda: hub.subscribers)
        assert hub.push(rss(2, 3) + b"<!--" + b"x" * 6 * 2**20 + b"-->") == [202]
        assert hub.push(rss(4), secret="guessed") == [202]
        heard = house.python(
            "from tingda.collect.models import Check, Voice\n"
            "print(sorted(Voice.objects.values_list('title', flat=True)))\n"
            "print(Check.objects.filter(added=1, note='由推送听到').count())"
        )
    assert heard == "['第1篇', '第2篇', '第3篇']\n1"


def test_hubs_have_a_lane_that_nothing_quick_waits_in() -> None:
    assert [name for name, steps in LANES.items() if subscribe_due in steps] == ["errands"]
