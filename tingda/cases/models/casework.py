"""What the institution has taken on."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tingda.cases import rules
from tingda.cases.models.laddered import Laddered, unreckoned
from tingda.collect.models import Voice
from tingda.detect.models import Issue
from tingda.people.models import Person, Unit


class Case(models.Model):
    """事项: an issue or a single voice that the institution has taken on."""

    number = models.CharField(max_length=16, unique=True)  # 2026-0147
    title = models.CharField(_("题目"), max_length=200)
    issue = models.ForeignKey(Issue, models.PROTECT, null=True, related_name="cases")
    voice = models.ForeignKey(Voice, models.PROTECT, null=True, related_name="cases")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="cases")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="cases")
    kind = models.CharField(max_length=24)
    grade = models.CharField(max_length=16)
    state = models.CharField(max_length=16)
    heard_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)  # when its first answer came out
    closed_at = models.DateTimeField(null=True)
    closing_reason = models.CharField(max_length=24, blank=True)
    closing_text = models.TextField(blank=True)
    reopened = models.PositiveIntegerField(default=0)
    # opened by a rule: a person has not said yet that kind and grade are right
    unconfirmed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("事项")
        indexes = [
            models.Index(fields=["state", "-id"], name="case_state"),
            models.Index(fields=["opened_at"], name="case_opened"),
            models.Index(
                fields=["-closed_at", "-id"],
                name="case_closed",
                condition=models.Q(closed_at__isnull=False),
            ),
            models.Index(fields=["id"], name="case_reopened", condition=models.Q(reopened__gt=0)),
            models.Index(
                fields=["owner", "id"],
                name="case_unconfirmed",
                condition=models.Q(unconfirmed=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def thread(self) -> str:
        """Its name in the ledger."""
        return f"case:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Not closed."""
        return self.state in rules.OPEN

    # names are marked texts: a page shows them with the filter `say`
    @property
    def state_name(self) -> str:
        """受理, 核实中 …"""
        return rules.STATES[self.state]

    @property
    def grade_name(self) -> str:
        """特别重大 … 一般"""
        return rules.GRADES[self.grade]

    @property
    def kind_name(self) -> str:
        """公众关切 …"""
        return rules.KINDS[self.kind]

    @property
    def closing_name(self) -> str:
        """The reason of the closing in words."""
        return rules.CLOSINGS.get(self.closing_reason, "")


class Deadline(Laddered):
    """时限: by when one stage of a case must be reached, and how that was computed."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="deadlines")
    stage = models.CharField(max_length=16)
    due_at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)
    # {"start", "amount", "kind", "basis", "extended", "steps": [[day, counts, why]…]}; the limit
    # is amount and extended together
    how = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("时限")
        constraints = [models.UniqueConstraint(fields=["case", "stage"], name="stage_once")]
        indexes = [
            models.Index(fields=["due_at"], name="deadline_open", condition=models.Q(met_at=None)),
            models.Index(fields=["due_at"], name="deadline_due"),
            models.Index(fields=["step_at"], name="deadline_step", condition=models.Q(met_at=None)),
            models.Index(
                fields=["id"], name="deadline_new", condition=models.Q(met_at=None) & unreckoned()
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.stage} {self.due_at}"

    @property
    def stage_name(self) -> str:
        """首次回应 …"""
        return rules.STAGES[self.stage]


class Pause(models.Model):
    """暂停: the clocks of a case stand still, for a named reason, until a day that is set."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="pauses")
    reason = models.CharField(max_length=16)
    text = models.TextField(_("说明"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    until = models.DateTimeField()  # its end when nobody ends it earlier
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("暂停")
        constraints = [
            models.UniqueConstraint(
                fields=["case"], name="one_pause", condition=models.Q(ended_at=None)
            )
        ]
        indexes = [
            models.Index(fields=["until"], name="pause_open", condition=models.Q(ended_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.reason}"

    @property
    def reason_name(self) -> str:
        """等反映人补充材料 …"""
        return rules.WAITS[self.reason].name


class Extension(models.Model):
    """延期: one deadline of a case made longer, once. One person asks, another decides."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="extensions")
    stage = models.CharField(max_length=16)
    amount = models.PositiveIntegerField()  # in the kind of time of the clock
    reason = models.TextField(_("理由"))
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)
    note = models.TextField(_("意见"), blank=True)

    class Meta:
        verbose_name = _("延期")
        constraints = [
            models.UniqueConstraint(
                fields=["case", "stage"],
                name="extended_once",
                condition=models.Q(granted=None) | models.Q(granted=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.stage} +{self.amount}"

    @property
    def stage_name(self) -> str:
        """首次回应 …"""
        return rules.STAGES[self.stage]


class Referral(Laddered):
    """联系单: asks one unit for the facts by a time."""

    class State(models.TextChoices):
        SENT = "sent", _("待反馈")
        ANSWERED = "answered", _("已反馈")
        OBJECTED = "objected", _("提出异议")
        MOVED = "moved", _("已转别的单位")
        WITHDRAWN = "withdrawn", _("已收回")

    case = models.ForeignKey(Case, models.CASCADE, related_name="referrals")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="referrals")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")  # of the unit
    asks = models.TextField(_("请核实什么"))
    sent_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    due_at = models.DateTimeField()
    how = models.JSONField(default=dict)
    object_until = models.DateTimeField(null=True)  # when "not ours" can be said no more
    object_how = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.SENT)
    reason = models.TextField(_("理由"), blank=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    late_noted = models.BooleanField(default=False)  # the ledger has its line about the lateness

    class Meta:
        verbose_name = _("联系单")
        indexes = [
            models.Index(fields=["due_at"], name="referral_open", condition=models.Q(state="sent")),
            models.Index(fields=["due_at"], name="referral_due"),
            models.Index(
                fields=["answered_at", "id"],
                name="referral_objected",
                condition=models.Q(state="objected"),
            ),
            models.Index(
                fields=["step_at"], name="referral_step", condition=models.Q(state="sent")
            ),
            models.Index(
                fields=["id"], name="referral_new", condition=models.Q(state="sent") & unreckoned()
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} -> {self.unit_id}"


class Fact(models.Model):
    """核实: one checked statement: what, by whom, on what evidence."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="facts")
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, related_name="facts")
    what = models.TextField(_("查明了什么"))
    by_whom = models.CharField(_("谁核实的"), max_length=100)
    evidence = models.CharField(_("依据"), max_length=500)
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("核实")

    def __str__(self) -> str:
        return self.what[:40]


class Claim(models.Model):
    """说法: a statement that people make in an issue, as somebody checked it. Never changed; the
    newest of the same statement counts, and what nobody checked is 未核实."""

    class Verdict(models.TextChoices):
        UNCHECKED = "unchecked", _("未核实")
        TRUE = "true", _("已核实：属实")
        FALSE = "false", _("不实")

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="claims")
    text = models.TextField(_("说法"))  # without personal data, as it stood on the page
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    fact = models.ForeignKey(Fact, models.PROTECT, null=True, related_name="claims")
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("说法")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.verdict}"


class FactFile(models.Model):
    """附件: a file that proves a fact; served as a download, never shown as a page."""

    fact = models.ForeignKey(Fact, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=300)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("附件")

    def __str__(self) -> str:
        return self.name


class Promise(models.Model):
    """承诺: what will be done by when. Open until it is kept, or said to be broken."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="promises")
    what = models.CharField(_("做什么"), max_length=300)
    due_on = models.DateField(_("何时之前"))
    made_at = models.DateTimeField()
    kept_at = models.DateTimeField(null=True)
    how_kept = models.TextField(_("怎么兑现的"), blank=True)
    broken_at = models.DateTimeField(null=True)
    why_broken = models.TextField(_("为什么做不到"), blank=True)
    instead = models.TextField(_("改做什么"), blank=True)

    class Meta:
        verbose_name = _("承诺")
        indexes = [
            models.Index(fields=["due_on"], name="promise_open", condition=models.Q(kept_at=None))
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def is_open(self) -> bool:
        """Neither kept nor given up."""
        return self.kept_at is None and self.broken_at is None


class ClockSetting(models.Model):
    """时钟: the office's own limit in place of a default of cases/rules.py."""

    code = models.CharField(max_length=64, unique=True)
    amount = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    extension = models.PositiveIntegerField(null=True)  # None: as in the defaults

    class Meta:
        verbose_name = _("时钟")

    def __str__(self) -> str:
        return self.code


class OfficeDay(models.Model):
    """本单位的日子: a day on which this office works or rests in its own way."""

    day = models.DateField(unique=True)
    works = models.BooleanField()
    name = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("本单位的日子")

    def __str__(self) -> str:
        return f"{self.day} {self.works}"


# ---- proof of promises ----
class PromiseFile(models.Model):
    """兑现凭据: a file that proves that a promise was kept; for the desk, its text is public."""

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=300)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("兑现凭据")

    def __str__(self) -> str:
        return self.name
