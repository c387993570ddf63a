"""What people do with cases, at random: the usual, the unusual, and what nobody may."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.db.models import Model, QuerySet

from tingda.answers import actions as answers
from tingda.answers.actions.lookbacks import Learnt, ask_lookback, finish_lookback, write_lookback
from tingda.answers.models import Answer, Correction, Lookback
from tingda.cases import actions as cases
from tingda.cases.actions.ladder import urge
from tingda.cases.models import Case, Extension, Promise, Referral
from tingda.collect.models import Source, Voice
from tingda.detect.models import Issue
from tingda.evaluate.year_forbidden import forbidden
from tingda.evaluate.year_office import Office
from tingda.evaluate.year_worker import together
from tingda.people.models import Person
from tingda.people.queries import day_of

KINDS = ("public_concern", "hotline", "petition", "information", "media", "complaint")
GRADES = ("ordinary",) * 14 + ("larger",) * 3 + ("major",) * 2 + ("extra_major",)
Deed = Callable[[Case], object]
Weighted = Sequence[tuple[int, Deed]]


Row = TypeVar("Row", bound=Model)


class Deeds:
    """One deed after another, each by somebody who may, or may not."""

    def __init__(self, office: Office, *, at_once: bool = True) -> None:
        self.office, self.dice = office, office.dice
        self._at_once = at_once  # whether two processes may press at the same moment
        self.table: dict[str, Weighted] = {
            "taken": ((6, self.refer), (2, self.draft), (1, self.pass_on), (1, self.close)),
            "referred": ((7, self.at_the_unit), (1, self.withdraw), (1, self.urge)),
            "checked": ((6, self.draft), (1, self.refer), (1, self.close)),
            "drafting": ((5, self.submit), (2, self.write), (1, self.refer)),
            "review": ((5, self.release), (2, self.send_back)),
            "released": ((1, self.press_released),),
            "published": (
                *((5, self.close), (1, self.refer), (2, self.correct)),
                *((2, self.draft), (2, self.promises)),
            ),
            "closed": ((1, self.reopen), (2, self.look_back), (1, self.regrade)),
        }
        self.any_time: Weighted = (
            *((3, self.pause), (3, self.resume), (3, self.lengthen), (4, self.consent)),
            *((2, self.hand_over), (2, self.lead), (2, self.regrade), (1, self.confirm)),
            (4, partial(forbidden, self.office)),
        )

    def one(self) -> None:
        """Somebody does something to some case."""
        state = self.dice.random()
        rows = Case.objects.select_related("unit", "owner").order_by("id")
        if state < 0.06:
            rows = rows.filter(state="closed").order_by("-closed_at")
        else:
            rows = rows.exclude(state="closed")
        some = list(rows[:80])
        if not some:
            return
        case = self.dice.choice(some)
        if case.is_open and self.dice.random() < 0.2:
            self._choose(self.any_time)(case)
        else:
            self._choose(self.table[case.state])(case)

    def _choose(self, weighted: Weighted) -> Deed:
        return self.dice.choices(
            [deed for _weight, deed in weighted], [weight for weight, _deed in weighted]
        )[0]

    def _any(self, rows: "QuerySet[Row]") -> Row | None:
        found = list(rows.order_by("id"))
        return self.dice.choice(found) if found else None

    def _try(self, name: str, deed: Callable[[], object]) -> bool:
        return self.office.attempt(name, deed)

    def _both(self, name: str, first: Callable[[], object], second: Callable[[], object]) -> None:
        """Two press at once; one of them is too late."""
        if not self._at_once:
            self._try(name, first)
            self._try(f"{name} again", second)
        elif together(first, second, self.office.wrong, name) > 1:
            self.office.wrong.append(f"{name}: both of two at once were done")

    # ---- taking on ----
    def open(self) -> None:
        """Take on an issue that nobody has, or a voice alone."""
        office = self.office
        free = Issue.objects.filter(merged_into=None).exclude(cases__state__in=_OPEN)
        about: Issue | Voice | None = free.order_by("-pk").first()
        if self.dice.random() < 0.2 or about is None:
            about = Voice.objects.filter(cases=None, unread=False).order_by("-pk").first()
        if about is None:
            return
        subject, by = about, office.one("duty")
        kind, grade = self.dice.choice(KINDS), self.dice.choice(GRADES)
        unit, now = self.dice.choice([*office.units(), by.unit]), office.later()
        deed = partial(cases.open_case, subject, title=subject.title or "事项", kind=kind)
        deed = partial(deed, grade=grade, unit=unit, by=by, now=now)
        if self.dice.random() < 0.1:
            self._both(f"open {subject.pk}", deed, deed)
        else:
            self._try("open", deed)

    # ---- asking units ----
    def refer(self, case: Case) -> None:
        """Ask a unit, mostly the one that leads."""
        unit = case.unit if self.dice.random() < 0.6 else self.dice.choice(self.office.units())
        by, now = self.office.one("duty"), self.office.later()
        person = next(iter(self.office.people("liaison", unit)), None)
        chosen = person if self.dice.random() < 0.3 else None
        self._try(
            "refer", partial(cases.refer, case, unit, "查什么", by=by, now=now, person=chosen)
        )

    def at_the_unit(self, case: Case) -> None:
        """The unit answers, or says that it is not theirs."""
        row = self._any(case.referrals.filter(state__in=["sent", "objected"]))
        if row is None:
            return
        if row.state == "objected":
            self._decide(row)
            return
        by = self._answers_for(row)
        if self.dice.random() < 0.2:
            now = self.office.later()
            deed = partial(cases.object_referral, row, "不归我们", by=by, now=now)
            self._try("object", deed)
            return
        self._fact(case, row, by)
        if self.dice.random() < 0.8:
            now, other = self.office.later(), self.office.one("duty")
            first = partial(cases.answer_referral, row, by=by, now=now)
            second = partial(cases.answer_referral, row, by=other, now=now)
            if self.dice.random() < 0.15:
                self._both(f"answer referral:{row.pk}", first, second)
            else:
                self._try("answer", first)

    def _fact(self, case: Case, row: Referral | None, by: Person) -> None:
        said = {"what": "现场看过，属实", "by_whom": by.name, "evidence": "照片"}
        now = self.office.later()
        self._try("fact", partial(cases.record_fact, case, **said, referral=row, by=by, now=now))

    def _answers_for(self, row: Referral) -> Person:
        liaisons = self.office.people("liaison", row.unit)
        return self.dice.choice(liaisons) if liaisons else self.office.one("duty")

    def _decide(self, row: Referral) -> None:
        to = self.dice.choice([None, *self.office.units()])
        if to and to.pk == row.unit_id:
            to = None
        role = self.dice.choice(["duty", "releaser"])
        by, now = self.office.one(role, row.sent_by_id), self.office.later()
        deed = partial(cases.decide_objection, row, to, "按职责", by=by, now=now)
        if self.dice.random() < 0.2:
            self._both(f"decide referral:{row.pk}", deed, deed)
        else:
            self._try("decide", deed)

    def withdraw(self, case: Case) -> None:
        """The desk takes a referral back."""
        row = case.referrals.filter(state="sent").first()
        if row:
            by, now = self.office.one("duty"), self.office.later()
            self._try("withdraw", partial(cases.withdraw_referral, row, "发错了", by=by, now=now))

    def urge(self, case: Case) -> None:
        """The desk reminds a unit, twice in a row: the second time is too soon."""
        row = case.referrals.filter(state="sent").first()
        if row:
            by, now = self.office.one("duty"), self.office.later()
            if self._try("urge", partial(urge, row, "请快一点", by=by, now=now)):
                self.office.must_refuse("urge again", partial(urge, row, "快", by=by, now=now))

    def pass_on(self, case: Case) -> None:
        """A body outside is competent, and may answer."""
        by, now = self.office.one("duty"), self.office.later()
        waiting = case.forwardings.filter(reply_at=None).first()
        if waiting:
            self._try("reply", partial(cases.note_reply, waiting, "已经办了", by=by, now=now))
        else:
            sent = {"way": "letter", "text": "全部材料"}
            self._try("forward", partial(cases.forward, case, "省公司", **sent, by=by, now=now))

    # ---- answering ----
    def draft(self, case: Case) -> None:
        """Somebody begins an answer; what was put right, where that is owed."""
        by, now = self.office.one(self.dice.choice(["drafter", "duty"])), self.office.later()
        owes = case.deadlines.filter(stage="rectify", met_at=None).exists()
        rectifies = owes and (case.published_at is not None or self.dice.random() < 0.5)
        words = self._wording()
        self._try("draft", partial(answers.draft, case, words, by=by, now=now, rectifies=rectifies))

    def _wording(self) -> answers.Wording:
        promises = []
        if self.dice.random() < 0.3:
            day = day_of(self.office.now) + timedelta(days=self.dice.randint(1, 60))
            promises = [("修好", day)]
        return answers.Wording("关于这件事", "大家说", "我们查了", "已经办了", promises)

    def _answer(self, case: Case, state: str) -> Answer | None:
        return case.answers.filter(state=state).first()

    def write(self, case: Case) -> None:
        """Another wording."""
        if answer := self._answer(case, "drafting"):
            by, now, words = self.office.one("drafter"), self.office.later(), self._wording()
            self._try("write", partial(answers.write, answer, words, by=by, now=now))

    def submit(self, case: Case) -> None:
        """The wording is put forward."""
        answer = self._answer(case, "drafting")
        if answer is None:
            self.draft(case)
            return
        by, now = self.office.one("drafter"), self.office.later()
        self._try("submit", partial(answers.submit, answer, by=by, now=now))

    def send_back(self, case: Case) -> None:
        """A second reader wants it otherwise."""
        if answer := self._answer(case, "review"):
            by, now = self.office.one("releaser"), self.office.later()
            self._try("send back", partial(answers.send_back, answer, note="改", by=by, now=now))

    def release(self, case: Case) -> None:
        """Who wrote it must not sign it; somebody else does, once."""
        answer = self._answer(case, "review")
        if answer is None:
            return
        wrote = {version.author_id for version in answer.versions.all()}
        wrote.add(answer.submitted_by_id or 0)
        now = self.office.later()
        for author in Person.objects.filter(pk__in=wrote):
            deed = partial(answers.release, answer, by=author, now=now)
            self.office.must_refuse(f"release answer:{answer.pk} by its author", deed)
        other = next((one for one in self.office.people("releaser") if one.pk not in wrote), None)
        if other:
            sign = partial(answers.release, answer, by=other, now=now)
            if self.dice.random() < 0.2:
                self._both(f"release answer:{answer.pk}", sign, sign)
            else:
                self._try("release", sign)

    def press_released(self, case: Case) -> None:
        """What is signed is signed: nobody changes it, sends it back or closes meanwhile."""
        if answer := self._answer(case, "released"):
            by, now, words = self.office.one("drafter"), self.office.later(), self._wording()
            refuse = self.office.must_refuse
            refuse("write after release", partial(answers.write, answer, words, by=by, now=now))
            refuse("submit after release", partial(answers.submit, answer, by=by, now=now))

    def correct(self, case: Case) -> None:
        """A correction by two."""
        waiting = Correction.objects.filter(answer__case=case, released_at=None).first()
        now = self.office.later()
        if waiting:
            by = self.office.one("releaser", waiting.drafted_by_id)
            self._try(
                "sign correction", partial(answers.release_correction, waiting, by=by, now=now)
            )
        elif answer := self._answer(case, "published"):
            by = self.office.one("drafter")
            self._try("correct", partial(answers.correct, answer, "应为三天", by=by, now=now))

    def promises(self, case: Case) -> None:
        """What was promised is kept, late or not, or cannot be."""
        row = Promise.objects.filter(case=case, kept_at=None, broken_at=None).first()
        if row is None:
            return
        by, now = self.office.one("duty"), self.office.later()
        if self.dice.random() < 0.7:
            deed = partial(cases.keep_promise, row, how="修好了", by=by, now=now)
        else:
            said = {"reason": "没有钱", "instead": "先补上"}
            deed = partial(cases.break_promise, row, **said, by=by, now=now)
        if self.dice.random() < 0.2:
            self._both(f"promise:{row.pk}", deed, deed)
        else:
            self._try("promise", deed)

    # ---- ending ----
    def close(self, case: Case) -> None:
        """With a reason and a text; not every reason is allowed."""
        reasons = ["answered", "solved", "handed_on", "merged", "no_answer_needed"]
        reason = "answered" if case.published_at else self.dice.choice(reasons)
        by, now = self.office.one("duty"), self.office.later()
        said = {"reason": reason, "text": "已经查清并告知反映人"}
        deed = partial(cases.close, case, **said, by=by, now=now)
        if self.dice.random() < 0.1:
            self._both(f"close {case.number}", deed, deed)
        else:
            self._try("close", deed)

    def reopen(self, case: Case) -> None:
        """It was not solved after all."""
        by, now = self.office.one("duty"), self.office.later()
        self._try("reopen", partial(cases.reopen, case, reason="没有解决", by=by, now=now))

    def look_back(self, case: Case) -> None:
        """What is learnt from it."""
        row = Lookback.objects.filter(case=case).first()
        by, now = self.office.one("duty"), self.office.later()
        if row is None:
            self._try("ask review", partial(ask_lookback, case, by=by, now=now))
        elif not row.edition:
            learnt, seen = Learnt("经过", "做得好的", "要改的"), row.edition
            self._try("review", partial(write_lookback, row, learnt, seen, by=by, now=now))
        else:
            self._try("end review", partial(finish_lookback, row, by=by, now=now))

    # ---- clocks ----
    def pause(self, case: Case) -> None:
        """The clocks stand still."""
        reason, days = self.dice.choice(["reporter", "outside"]), self.dice.randint(1, 12)
        by, now = self.office.one("duty"), self.office.later()
        self._try("pause", partial(cases.pause, case, reason, days, "等材料", by=by, now=now))

    def resume(self, case: Case) -> None:
        """They run on before their time."""
        by, now = self.office.one("duty"), self.office.later()
        self._try("resume", partial(cases.resume, case, by=by, now=now))

    def lengthen(self, case: Case) -> None:
        """Somebody asks for a longer deadline."""
        row = self._any(case.deadlines.filter(met_at=None))
        if row:
            by, now, amount = self.office.one("duty"), self.office.later(), self.dice.randint(1, 8)
            self._try(
                "lengthen", partial(cases.ask_extension, row, amount, "要检测", by=by, now=now)
            )

    def consent(self, case: Case) -> None:
        """Somebody else decides that, for this case or the one that waits longest."""
        waiting = Extension.objects.filter(granted=None)
        row = waiting.filter(case=case).first() or waiting.order_by("asked_at").first()
        if row is None:
            return
        by, granted = self.office.one("releaser", row.asked_by_id), self.dice.random() < 0.6
        now = self.office.later()
        deed = partial(cases.decide_extension, row, granted, "同意", by=by, now=now)
        if self.dice.random() < 0.2:
            self._both(f"extension {row.pk}", deed, deed)
        else:
            self._try("consent", deed)

    # ---- who and what it is ----
    def hand_over(self, case: Case) -> None:
        """Another owner; not everybody can be it."""
        people = list(Person.objects.filter(is_active=True).select_related("unit"))
        to, by, now = self.dice.choice(people), self.office.one("duty"), self.office.later()
        self._try("hand over", partial(cases.hand_over, case, to, by=by, now=now))

    def lead(self, case: Case) -> None:
        """Another unit leads."""
        unit, by = self.dice.choice(self.office.units()), self.office.one("duty")
        now = self.office.later()
        self._try("lead", partial(cases.set_lead, case, unit, reason="职责", by=by, now=now))

    def regrade(self, case: Case) -> None:
        """Another grade, of a closed case too."""
        grade, by, now = self.dice.choice(GRADES), self.office.one("duty"), self.office.later()
        self._try("grade", partial(cases.set_grade, case, grade, reason="又看了", by=by, now=now))

    def confirm(self, case: Case) -> None:
        """What a rule opened is looked at by a person."""
        row = Case.objects.filter(unconfirmed=True).exclude(state="closed").first() or case
        by, now = self.office.one("duty"), self.office.later()
        self._try("confirm", partial(cases.confirm_grade, row, by=by, now=now))


_OPEN = ("taken", "referred", "checked", "drafting", "review", "released", "published")
HOTLINE, FORUM = Source.Kind.HOTLINE, Source.Kind.IMPORT
