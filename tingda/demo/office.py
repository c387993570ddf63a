"""What the demo's office did with its cases: the script's lines as the product's verbs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from tingda.answers import actions as answers
from tingda.answers.models import Answer
from tingda.cases import actions as cases
from tingda.cases.models import Case, Promise, Referral
from tingda.cases.rules import GRADES
from tingda.detect.models import Issue
from tingda.people.models import Person, Unit

Event = tuple[datetime, Callable[[datetime], None]]
_GRADE_CODES = {name: code for code, name in GRADES.items()}


@dataclass
class Office:
    """Plays the cases; remembers what each one led to."""

    people: Mapping[str, Person]
    units: Mapping[str, Unit]
    issue_of: Callable[[str, datetime], Issue]
    moment: Callable[[str], datetime]
    now: datetime
    cases: dict[str, Case] = field(default_factory=dict)
    referrals: dict[str, Referral] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)

    def events(self, row: dict[str, Any]) -> Iterator[Event]:
        """Everything that happened to one case of the script, each with its moment."""
        referral, answer = row.get("referral", {}), row.get("answer", {})
        steps = [
            (row["opened"], self._open),
            (referral.get("sent"), self._refer),
            (referral.get("answered"), self._facts_complete),
            (row.get("objection", {}).get("at"), self._object),
            (answer.get("drafted"), self._draft),
            (answer.get("submitted"), self._submit),
            (answer.get("released"), self._release),
            (row.get("correction", {}).get("at"), self._correct),
            (row.get("closing", {}).get("at"), self._close),
        ]
        for at, deed in steps:
            if at:
                yield self.moment(at), partial(deed, row)
        for fact in row.get("fact", []):
            yield self.moment(fact["at"]), partial(self._fact, row, fact)
        for promised in answer.get("promise", []):
            if "kept_at" in promised:
                yield self.moment(promised["kept_at"]), partial(self._keep, row, promised)

    def _open(self, row: dict[str, Any], at: datetime) -> None:
        self.cases[row["key"]] = cases.open_case(
            self.issue_of(row["story"], at),
            title=row["title"],
            kind=row["clock"],
            grade=_GRADE_CODES[row["grade"]],
            unit=self.units[row["unit"]],
            by=self.people[row["owner"]],
            now=at,
        )

    def _refer(self, row: dict[str, Any], at: datetime) -> None:
        asks = row["referral"]["asks"]
        text = "\n".join(f"{number}. {ask}" for number, ask in enumerate(asks, start=1))
        self.referrals[row["key"]] = cases.refer(
            self.cases[row["key"]],
            self.units[row["referral"]["unit"]],
            text,
            by=self.people["duty"],
            now=at,
        )

    def _fact(self, row: dict[str, Any], fact: dict[str, Any], at: datetime) -> None:
        cases.record_fact(
            self.cases[row["key"]],
            what=fact["what"],
            by_whom=fact["by_whom"],
            evidence=fact["evidence"],
            referral=self.referrals.get(row["key"]),
            by=self.people[fact["by"]],
            now=at,
        )

    def _facts_complete(self, row: dict[str, Any], at: datetime) -> None:
        unit = self.units[row["referral"]["unit"]]
        liaison = next(person for person in self.people.values() if person.unit_id == unit.pk)
        cases.answer_referral(self.referrals[row["key"]], by=liaison, now=at)

    def _object(self, row: dict[str, Any], at: datetime) -> None:
        objection = row["objection"]
        cases.object_referral(
            self.referrals[row["key"]],
            objection["reason"],
            by=self.people[objection["by"]],
            now=at,
        )

    def _draft(self, row: dict[str, Any], at: datetime) -> None:
        answer = row["answer"]
        released = self.moment(answer["released"]) if "released" in answer else self.now
        promises = [
            (promised["what"], timezone.localdate(released) + timedelta(days=promised["in_days"]))
            for promised in answer.get("promise", [])
        ]
        wording = answers.Wording(
            answer["title"], answer["heard"], answer["found"], answer["done"], promises
        )
        self.answers[row["key"]] = answers.draft(
            self.cases[row["key"]], wording, by=self.people["drafter"], now=at
        )

    def _submit(self, row: dict[str, Any], at: datetime) -> None:
        answers.submit(self.answers[row["key"]], by=self.people["drafter"], now=at)

    def _release(self, row: dict[str, Any], at: datetime) -> None:
        answers.release(self.answers[row["key"]], by=self.people["releaser"], now=at)
        answers.publish_due(now=at)

    def _correct(self, row: dict[str, Any], at: datetime) -> None:
        said = row["correction"]
        correction = answers.correct(
            self.answers[row["key"]], said["text"], by=self.people[said["by"]], now=at
        )
        answers.release_correction(correction, by=self.people[said["released_by"]], now=at)

    def _keep(self, row: dict[str, Any], promised: dict[str, Any], at: datetime) -> None:
        promise = Promise.objects.get(case=self.cases[row["key"]], what=promised["what"])
        cases.keep_promise(promise, how=promised["kept_text"], by=self.people["duty"], now=at)

    def _close(self, row: dict[str, Any], at: datetime) -> None:
        said = row["closing"]
        cases.close(
            self.cases[row["key"]],
            reason=said["reason"],
            text=said["text"],
            by=self.people[said["by"]],
            now=at,
        )
