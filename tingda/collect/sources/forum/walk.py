"""One look at a forum: what is new is read back to what was read before, however much it is.

What there is no time for waits in the memory: pages to be read, each with the moment up to
which it is new. It is read first at the next look, so that nothing is ever skipped.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tingda.collect.rules import Entry, Look
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.forum import discourse, flarum, nodebb
from tingda.collect.sources.forum.places import SOFTWARE, Place, is_a_persons, place_of
from tingda.collect.sources.forum.site import Closed, NoJson, Page, Site, Software, Topic
from tingda.collect.sources.manners import Manners, RobotsRefused
from tingda.lib.fetch import FetchFailed
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

PROGRAMS: Mapping[str, Software] = {
    "discourse": discourse,
    "nodebb": nodebb,
    "flarum": flarum,
}
MOST_REQUESTS = 60
TRIES = 3  # of a topic that cannot be read; then the others go on without it
DAY = 86_400.0
MARGIN = 10.0  # seconds; two posts of one moment may be seen in another order
_GONE = (404, 410)
_TRY_LATER = (429, 503)


@dataclass(frozen=True, slots=True)
class Job:
    """Pages still to be read: of a topic, or of the list of what is new where `topic` is "".

    `until` is the moment (seconds since 1970) up to which it was read before; None at the first
    look, which takes one page of each.
    """

    topic: str = ""
    title: str = ""
    cursor: str = ""
    until: float | None = None
    tries: int = 0


@dataclass
class Walk:
    """The state of one look."""

    site: Site
    place: Place
    program: Software
    mark: float | None
    latest: float  # no post counts as later than this: clocks go wrong
    jobs: deque[Job]
    later: list[Job] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    asked: int = 0
    dropped: int = 0
    title: str = ""
    stopped: bool = False
    came: bool = False
    suspect: Job | None = None
    why: Refused | None = None  # the suspect's
    began: bool = False

    def go(self) -> None:
        """Read what waits, then what is new, while there is time."""
        self._read()
        if self.why and not self.came:
            raise self.why

    def _read(self) -> None:
        while not self.stopped and self.asked < MOST_REQUESTS:
            if self.asked and not self.site.out.has_time:
                return
            if not self.jobs:
                if self.began:
                    return
                self._begin()
            self._one(self.jobs.popleft())

    def _begin(self) -> None:
        self.began = True
        if self.place.what == "topic":
            # who chose a single topic wants to hear it from its beginning
            until = 0.0 if self.mark is None else self.mark
            self.jobs.append(Job(self.place.id, until=until))
        else:
            self.jobs.append(Job(until=self.mark))

    def _one(self, job: Job) -> None:
        self.asked += 1
        try:
            page = self._page(job)
        except Refused as refusal:
            self._failed(job, refusal)
            return
        self._clear()
        self._keep(page)
        self._mark(job, page)
        self.jobs.extend(self._topics(job, page.topics))
        if page.next and not _is_read(job, page):
            more = replace(job, cursor=page.next, title=page.title or job.title, tries=0)
            # a topic is read to its end before the next
            (self.jobs.appendleft if job.topic else self.jobs.append)(more)

    def _page(self, job: Job) -> Page:
        if job.topic:
            return self.program.posts(self.site, job.topic, job.title, job.cursor)
        return self.program.newest(self.site, self.place, job.cursor)

    def _failed(self, job: Job, refusal: Refused) -> None:
        """A topic that cannot be read does not stop the others; a host that cannot, does. Which
        of the two it is shows at the next request.
        """
        if job.topic and self.place.what != "topic":
            if getattr(refusal, "status", 0) in _GONE:
                return
            if self.suspect is None and not _is_of_the_host(refusal):
                self.suspect, self.why = job, refusal
                return
        if not self.came:
            raise refusal
        self.jobs.appendleft(job)
        self.stopped = True

    def _clear(self) -> None:
        """Another page came, so it was the topic: it is tried again later, but not for ever."""
        self.came = True
        job, self.suspect = self.suspect, None
        if job is None or isinstance(self.why, Closed):
            return
        if job.tries + 1 < TRIES:
            self.later.append(replace(job, tries=job.tries + 1))
        else:
            self.dropped += 1

    def left(self) -> list[list[Any]]:
        """What waits for the next look, as it is remembered."""
        jobs = [*self.jobs, *([self.suspect] if self.suspect else []), *self.later]
        return [self._told(job) for job in jobs]

    def _told(self, job: Job) -> list[Any]:
        cursor = job.cursor
        if cursor and self.asked > 2:
            # what is deleted until then moves the pages
            cursor = self.program.earlier(bool(job.topic), cursor)
        return [job.topic, job.title[:200], cursor, job.until, job.tries]

    def _keep(self, page: Page) -> None:
        self.title = self.title or page.title
        for said in page.said:
            if said.entry and (said.entry.text or said.entry.title):
                self.entries.setdefault(said.entry.guid, said.entry)

    def _mark(self, job: Job, page: Page) -> None:
        """What was new at the newest page is what the next look reads back to."""
        if job.cursor or (job.topic and self.place.what != "topic"):
            return
        times = [said.at for said in page.said] + [topic.at for topic in page.topics]
        if times:
            self.mark = max(min(max(times), self.latest), self.mark or 0.0)
        elif self.mark is None:
            self.mark = self.latest - DAY  # an empty forum: whatever comes is new

    def _topics(self, job: Job, topics: Iterable[Topic]) -> Iterable[Job]:
        waiting = {waits.topic for waits in self.jobs}
        for topic in topics:
            moved = job.until is None or topic.at >= job.until - MARGIN
            if topic.id.isdecimal() and topic.id not in waiting and moved:
                yield Job(topic.id, topic.title, until=job.until)


def _is_read(job: Job, page: Page) -> bool:
    """Whether what follows this page was read before."""
    if job.until is None:
        return True
    orders = [said.at for said in page.said if said.in_order]
    orders += [topic.order for topic in page.topics if not topic.pinned]
    return any(order < job.until - MARGIN for order in orders)


def _is_of_the_host(refusal: Refused) -> bool:
    """Whether it surely says something of the whole host: it wants to be left alone."""
    busy = isinstance(refusal, FetchFailed) and (
        refusal.status in _TRY_LATER or refusal.kind == "busy"
    )
    return busy or isinstance(refusal, RobotsRefused)


def look(ask: Ask, manners: Manners) -> Look:
    """Look at a forum once. Raises FetchFailed or Refused where not even one page came."""
    name = software_of(ask, manners)
    place = place_of(ask.address, name)
    walk = Walk(
        site=Site(place.base, manners),
        place=place,
        program=PROGRAMS[name],
        mark=ask.memory.get("mark"),
        latest=ask.now.timestamp(),
        jobs=deque(Job(*told) for told in ask.memory.get("rest", ())),
    )
    walk.go()
    rest = walk.left()
    return Look(
        "ok",
        tuple(walk.entries.values()),
        title=walk.title if place.what == "topic" else "",
        memory={"software": name, "mark": walk.mark, "rest": rest},
        more=bool(walk.jobs) and not walk.stopped,
        note=_note(walk, bool(rest)),
    )


def _note(walk: Walk, goes_on: bool) -> str:
    if walk.dropped:
        return _("有的帖子读不出来，已跳过；其余都读了")
    if walk.stopped:
        return _("没有读完就中断了，下次接着读，不会漏")
    return _("还没有读完，下次接着读，不会漏") if goes_on else ""


def software_of(ask: Ask, manners: Manners) -> str:
    """The forum's program: as chosen, as found before, or as its answers show now."""
    for told in (ask.options.get("software"), ask.memory.get("software")):
        if told in PROGRAMS:
            return str(told)
    if is_a_persons(ask.address):
        raise of_a_person()
    for name in SOFTWARE:
        if _answers(name, Site(place_of(ask.address, name).base, manners)):
            return name
    raise Refused(
        _(
            "这里没有认出可供程序读取的论坛（Discourse、NodeBB、Flarum）。"
            "请核对网址，或改用“网页”这种来源"
        )
    )


def _answers(name: str, site: Site) -> bool:
    """Whether the site answers as this program does. Raises where it does not answer at all."""
    try:
        PROGRAMS[name].title(site)
    except FetchFailed as failed:
        if failed.status not in (400, 404, 405, 406, 410):
            raise
        return False
    except NoJson:
        return False
    return True


def of_a_person() -> Refused:
    """The refusal to listen to one person."""
    return Refused(_("这是某个人的主页。听答不跟踪个人，请换成论坛、版块或帖子的网址"))
