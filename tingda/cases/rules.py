"""What may happen to a case, who may do it, what it needs, and by when. One screen each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from tingda.lib.clocks import Limit, LimitKind
from tingda.lib.ladder import Rung
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.rules import may

# ---- states, in the order in which a case walks them ----
STATES = {
    "taken": _("受理"),
    "referred": _("核实中"),
    "checked": _("已核实"),
    "drafting": _("拟稿"),
    "review": _("待签发"),
    "released": _("已签发"),
    "published": _("已发布"),
    "closed": _("办结"),
}
OPEN = tuple(state for state in STATES if state != "closed")
_BEFORE_DRAFT = ("taken", "referred", "checked")


@dataclass(frozen=True)
class Move:
    """From any of `start` to `end`; `deed` is what a role must allow (people/rules.py)."""

    start: tuple[str, ...]
    end: str
    deed: str


MOVES = {
    "refer": Move((*_BEFORE_DRAFT, "drafting", "published"), "referred", "take_on"),
    "facts_complete": Move(("referred",), "checked", "state_facts"),
    # the last referral was withdrawn or objected to, and nothing had been found
    "recall": Move(("referred",), "taken", "take_on"),
    "draft": Move((*_BEFORE_DRAFT, "drafting", "published"), "drafting", "draft"),
    "submit": Move(("drafting",), "review", "draft"),
    "send_back": Move(("review",), "drafting", "review"),
    "release": Move(("review",), "released", "release"),
    "publish": Move(("released",), "published", "release"),
    "close": Move((*_BEFORE_DRAFT, "drafting", "published"), "closed", "take_on"),
    "reopen": Move(("closed",), "taken", "take_on"),
}


def after(state: str, move: str, roles: frozenset[str] | None) -> str:
    """The state after a move. `roles` None is the system carrying out what a person decided.

    Raises Refused when the state does not allow the move or no role allows the deed.
    """
    rule = MOVES[move]
    if state not in rule.start:
        raise Refused(_("事项现在是“%(state)s”，不能这样做"), state=STATES[state])
    if roles is not None and not may(roles, rule.deed):
        raise Refused(_("您的角色不能做这一步"))
    return rule.end


def moves_from(state: str, roles: frozenset[str]) -> frozenset[str]:
    """The moves that the state and these roles allow: what a page may offer as a button."""
    return frozenset(
        name for name, rule in MOVES.items() if state in rule.start and may(roles, rule.deed)
    )


# ---- grades: set by a person, never by the colour of an alert ----
GRADES = {
    "extra_major": _("特别重大"),
    "major": _("重大"),
    "larger": _("较大"),
    "ordinary": _("一般"),
}


def number_after(year: int, last: str) -> str:
    """The number after the last one of that year ("" where there is none): 2026-0147."""
    return f"{year}-{int(last.partition('-')[2]) + 1 if last else 1:04d}"


def written(text: str, otherwise: str) -> str:
    """What somebody had to write, without space around it; nothing written is Refused."""
    if not text.strip():
        raise Refused(otherwise)
    return text.strip()


# ---- why a case may be closed; each needs a text that people can read ----
CLOSINGS = {
    "answered": _("已答复"),
    "solved": _("已解决"),
    "handed_on": _("转交有权处理的单位"),
    "merged": _("并入另一事项"),
    "no_answer_needed": _("无需答复"),
}
NEEDS_PUBLISHED = frozenset({"answered"})


def check_closing(
    reason: str, text: str, *, has_published: bool, open_referrals: int, handed_on: bool
) -> None:
    """Refuse a closing in silence: no text, no reason, "answered" without an answer, "handed on"
    without what was sent."""
    if reason not in CLOSINGS:
        raise Refused(_("请选择办结的理由"))
    if len(text.strip()) < 5:
        raise Refused(_("办结必须写明文字，说清结果和理由"))
    if reason in NEEDS_PUBLISHED and not has_published:
        raise Refused(_("还没有发布回应，不能以“已答复”办结"))
    if reason == "handed_on" and not handed_on:
        raise Refused(_("还没有记下转办：先写明转给谁、转了什么，再这样办结"))
    if open_referrals:
        raise Refused(_("还有 %(count)s 张联系单没有反馈，请先收回或等反馈"), count=open_referrals)


def check_rectified(reason: str, owed: bool) -> None:
    """Refuse to call answered or solved what still owes a report of what was put right."""
    if owed and reason in ("answered", "solved"):
        raise Refused(_("还欠一份整改报告：先写整改报告并公开，再办结"))


# ---- clocks: defaults; the office edits its own table, for new cases only ----
@dataclass(frozen=True)
class Clock:
    """One limit for a `stage` of one `kind`; no `grades` means all. `basis` is its source.

    `extension` is by how much it may be lengthened, once, in the same kind of time; 0: never.
    """

    kind: str
    stage: str
    limit: Limit
    basis: str
    grades: tuple[str, ...] = ()
    extension: int = 0

    @property
    def code(self) -> str:
        """A name for settings: kind, stage and whether it is for major events only."""
        return ".".join([self.kind, self.stage, *(["major"] if self.grades else [])])


KINDS = {
    "public_concern": _("公众关切"),
    "hotline": _("热线诉求"),
    "petition": _("信访"),
    "information": _("信息公开申请"),
    "media": _("媒体批评"),
    "complaint": _("服务投诉"),
}
STAGES = {
    "acknowledge": _("告知受理"),
    "first_answer": _("首次回应"),
    "rectify": _("整改反馈"),
    "finish": _("办结"),
}
_MAJOR = ("extra_major", "major")
CLOCKS = (
    Clock("public_concern", "first_answer", Limit(5, "hours"), _("国办发〔2016〕80号"), _MAJOR),
    Clock("public_concern", "first_answer", Limit(48, "hours"), _("国办发〔2016〕61号")),
    Clock("public_concern", "finish", Limit(5, "working_days"), _("本单位规定"), extension=5),
    Clock("hotline", "first_answer", Limit(5, "working_days"), _("热线条例"), extension=5),
    Clock("hotline", "finish", Limit(15, "working_days"), _("本单位规定"), extension=5),
    Clock("petition", "first_answer", Limit(15, "days"), _("信访工作条例")),
    Clock("petition", "finish", Limit(60, "days"), _("信访工作条例"), extension=30),
    Clock(
        "information",
        "first_answer",
        Limit(20, "working_days"),
        _("政府信息公开条例"),
        extension=20,
    ),
    Clock("information", "finish", Limit(25, "working_days"), _("本单位规定"), extension=20),
    Clock("media", "first_answer", Limit(48, "hours"), _("本单位规定")),
    Clock("media", "rectify", Limit(14, "days"), _("本单位规定"), extension=14),
    Clock("media", "finish", Limit(30, "days"), _("本单位规定")),
    Clock("complaint", "acknowledge", Limit(5, "working_days"), "Housing Ombudsman Code"),
    Clock(
        "complaint",
        "first_answer",
        Limit(10, "working_days"),
        "Housing Ombudsman Code",
        extension=10,
    ),
    Clock("complaint", "finish", Limit(20, "working_days"), "Housing Ombudsman Code", extension=20),
)
REFERRAL = Clock("referral", "facts", Limit(24, "hours"), _("本单位规定"))
# the first answer to a major event is due in five hours: its facts cannot take a day
GRAVE_REFERRAL = Clock("referral", "facts", Limit(2, "hours"), _("本单位规定"), _MAJOR)
# within which a unit that was asked may say "not ours"
OBJECTION = Clock("referral", "objection", Limit(24, "hours"), _("本单位规定"))
PETITION_OBJECTION = Clock("petition", "objection", Limit(5, "working_days"), _("信访工作条例"))
# within which a major event is reported upward, from when it was graded so
REPORT = Clock("report", "upward", Limit(1, "hours"), _("本单位规定"))
ASKING = (PETITION_OBJECTION, GRAVE_REFERRAL, REFERRAL, OBJECTION, REPORT)


def check_sort(kind: str, grade: str) -> None:
    """Refuse a kind or a grade that is not in the tables."""
    if kind not in KINDS or grade not in GRADES:
        raise Refused(_("请选择事项的种类和等级"))


# ---- why a clock may stand still, and for how many days at most: it runs on by itself ----
@dataclass(frozen=True)
class Wait:
    """What is waited for; `longest` in days."""

    name: str
    longest: int


WAITS = {
    "reporter": Wait(_("等反映人补充材料"), 15),
    "outside": Wait(_("等外单位答复"), 30),
}


def check_pause(reason: str, days: int) -> Wait:
    """Refuse a pause without a named reason or without an end in time."""
    wait = WAITS.get(reason)
    if wait is None:
        raise Refused(_("请选择暂停的理由"))
    if not 1 <= days <= wait.longest:
        raise Refused(_("“%(reason)s”最长 %(days)s 天"), reason=wait.name, days=wait.longest)
    return wait


def check_extension(amount: int, clock: Clock | None) -> None:
    """Refuse what the table of clocks does not allow."""
    if clock is None or not clock.extension:
        raise Refused(_("这个时限不能延长"))
    if not 1 <= amount <= clock.extension:
        raise Refused(_("最多延长 %(most)s"), most=clock.extension)


def limit(amount: int, kind: str) -> Limit:
    """A limit that an office sets for itself; Refused where it can be none."""
    try:
        return Limit(amount, cast(LimitKind, kind))
    except ValueError as error:
        raise Refused(_("时限至少是 1，最长十年")) from error


def clocks_for(kind: str, grade: str, table: tuple[Clock, ...] = CLOCKS) -> dict[str, Clock]:
    """Stage to clock for one case; a clock for the case's grade goes before the general one."""
    chosen: dict[str, Clock] = {}
    for clock in table:
        own = clock.kind == kind and clock.stage in STAGES
        if own and (not clock.grades or grade in clock.grades):
            chosen.setdefault(clock.stage, clock)
    return chosen


# ---- who owns it, answers it: an objection is decided once ----
def referral_clock(grade: str) -> Clock:
    """Within what time a unit gives the facts of a case of this grade."""
    return GRAVE_REFERRAL if grade in GRAVE_REFERRAL.grades else REFERRAL


def objection_clock(kind: str) -> Clock:
    """Within what time the unit asked in a case of this kind may object."""
    return PETITION_OBJECTION if kind == PETITION_OBJECTION.kind else OBJECTION


def check_decider(person: int, biased: frozenset[int], deciders: frozenset[int]) -> None:
    """Refuse whoever sent the referral or objected to it, where there is anybody else."""
    if person in biased and deciders - biased:
        raise Refused(_("发出联系单或提出异议的人不能自己决定，请另一位来定"))


# ---- ladders: who is reminded, told and called on around a limit; the office edits its own ----
BANDS = {"ordinary": _("较大、一般"), "major": _("特别重大、重大")}
ALL_STAGES = STAGES | {
    REFERRAL.stage: _("反馈核实"),
    REPORT.stage: _("上报"),
    "task": _("任务"),
}
CALLED = {
    "asked": _("经办的人"),
    "lead": _("单位负责人"),
    "head": _("主要负责人"),
    "duty": _("在班的人"),
}
MOST_HOURS, MOST_STEPS = 24 * 60, 8
URGE_EVERY_HOURS = 1  # a person may remind a unit again after this


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `hours` after the limit (below nought: before it), who is called, and the words.

    `since` is when the office added it (ISO): what was due before that is not made up for.
    """

    hours: int
    to: str
    text: str
    urgent: bool = False
    since: str = ""

    @property
    def rung(self) -> Rung:
        """The same for lib/ladder.py."""
        return Rung(f"{self.hours}.{self.to}", self.hours, self.to, self.urgent)

    def stored(self) -> dict[str, object]:
        """As it is kept."""
        return {
            "hours": self.hours,
            "to": self.to,
            "text": self.text,
            "urgent": self.urgent,
            "since": self.since,
        }


Ladder = tuple[Step, ...]
OVERDUE = _("请马上办")  # a reminder that comes only after the limit: the server was off
_SOON, _NOW, _LATE = _("请在时限以前办好"), _("请马上过问"), _("请您督办")
LADDERS: dict[str, Ladder] = {
    "ordinary": (
        Step(-24, "asked", _SOON),
        Step(0, "lead", _NOW),
        Step(24, "head", _LATE),
    ),
    "major": (
        Step(-2, "asked", _SOON, urgent=True),
        Step(0, "lead", _NOW, urgent=True),
        Step(0, "duty", _NOW, urgent=True),
        Step(1, "head", _LATE, urgent=True),
    ),
}


def band(grade: str) -> str:
    """Which ladders a grade uses."""
    return "major" if grade in _MAJOR else "ordinary"


def ladder_of(grade: str, stage: str, table: Mapping[str, Ladder]) -> Ladder:
    """The ladder of one stage; where it has none of its own, that of its grades."""
    return table.get(f"{band(grade)}.{stage}") or table[band(grade)]


def check_ladder(steps: Ladder) -> None:
    """Refuse a ladder that calls on nobody, or on the same people twice at once."""
    if not 1 <= len(steps) <= MOST_STEPS:
        raise Refused(_("催办至少一步，最多 %(most)s 步"), most=MOST_STEPS)
    if len({step.rung.code for step in steps}) < len(steps):
        raise Refused(_("同一时间催同一个人，只写一步"))
    for step in steps:
        if step.to not in CALLED or abs(step.hours) > MOST_HOURS:
            raise Refused(_("请写明提前或过后几小时，最多 %(most)s 小时"), most=MOST_HOURS)
