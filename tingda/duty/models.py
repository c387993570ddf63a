"""Rosters, shifts, key periods, shift logs, emergency plans; and the worker's sign of life."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tingda.duty import rules
from tingda.people.models import Person


class Pulse(models.Model):
    """心跳: when a worker process was last seen alive. One row a worker."""

    worker = models.CharField(max_length=64, unique=True)
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("心跳")

    def __str__(self) -> str:
        return f"{self.worker} {self.seen_at}"


class KeyPeriod(models.Model):
    """重要时段: when to watch harder. `minutes` is how often sources are looked at (null: as
    usual), `groups` are groups of sources by name (none: all of them)."""

    name = models.CharField(_("名称"), max_length=100)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    minutes = models.PositiveIntegerField(null=True)
    groups = models.JSONField(default=list)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = _("重要时段")
        ordering = ["starts_at", "id"]
        indexes = [models.Index(fields=["ends_at"], name="key_period_ends")]

    def __str__(self) -> str:
        return self.name


class Roster(models.Model):
    """值班表: how shifts turn from one team to the next. One that belongs to a key period stands
    in place of the usual ones as long as that lasts. `filled` says by what its shifts were made.
    """

    name = models.CharField(_("名称"), max_length=100)
    key_period = models.ForeignKey(
        KeyPeriod, models.CASCADE, null=True, blank=True, related_name="rosters"
    )
    begins = models.DateField()
    rotation = models.CharField(max_length=8, default="shift")
    all_day = models.BooleanField(default=True)  # a time without any shift is a gap
    active = models.BooleanField(default=True)
    hours = models.JSONField(default=list)  # rules.Hours, times as "08:00"
    filled = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("值班表")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def rotation_name(self) -> str:
        """逐班轮换 …, a marked text."""
        return rules.ROTATIONS.get(self.rotation, "")


class Team(models.Model):
    """班组: one place in the rotation: a person, a pair, or more."""

    roster = models.ForeignKey(Roster, models.CASCADE, related_name="teams")
    place = models.PositiveSmallIntegerField()
    members = models.ManyToManyField(Person, related_name="+")

    class Meta:
        verbose_name = _("班组")
        ordering = ["roster", "place"]
        constraints = [models.UniqueConstraint(fields=["roster", "place"], name="team_place_once")]

    def __str__(self) -> str:
        return f"{self.roster_id}.{self.place}"


class Shift(models.Model):
    """班次: one stretch of watching. Made from a roster ahead of time; what was changed by hand
    is not made anew."""

    roster = models.ForeignKey(Roster, models.SET_NULL, null=True, related_name="shifts")
    name = models.CharField(max_length=50)
    day = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    needs = models.PositiveSmallIntegerField(default=1)
    by_hand = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("班次")
        ordering = ["starts_at", "ends_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["roster", "name", "starts_at"], name="shift_once")
        ]
        indexes = [
            models.Index(fields=["starts_at"], name="shift_starts"),
            models.Index(fields=["ends_at"], name="shift_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class Turn(models.Model):
    """在班: one person on one shift, and whom they stand in for."""

    shift = models.ForeignKey(Shift, models.CASCADE, related_name="turns")
    person = models.ForeignKey(Person, models.PROTECT, related_name="turns")
    instead_of = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("在班")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["shift", "person"], name="turn_once")]

    def __str__(self) -> str:
        return f"{self.person_id} on {self.shift_id}"


class Swap(models.Model):
    """换班: one person asks another to take a shift, in exchange for one of theirs or not."""

    mine = models.ForeignKey(Turn, models.SET_NULL, null=True, related_name="asked")
    theirs = models.ForeignKey(Turn, models.SET_NULL, null=True, related_name="wanted")
    asker = models.ForeignKey(Person, models.PROTECT, related_name="+")
    to = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=16, default="asked")
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("换班")
        constraints = [
            models.UniqueConstraint(
                fields=["mine", "to"], name="swap_asked_once", condition=Q(state="asked")
            )
        ]

    def __str__(self) -> str:
        return f"{self.asker_id} -> {self.to_id} {self.state}"

    @property
    def state_name(self) -> str:
        """等对方答复 …, a marked text."""
        return rules.SWAPS.get(self.state, "")


class ShiftLog(models.Model):
    """值班日志: what a shift was. `facts` are frozen when it is signed: numbers, and which lines
    of the ledger tell the rest."""

    shift = models.OneToOneField(Shift, models.PROTECT, related_name="log")
    state = models.CharField(max_length=8, default="open")
    remarks = models.TextField(blank=True)
    nothing = models.BooleanField(default=False)  # 无事 is a record, too
    facts = models.JSONField(default=dict)
    points = models.JSONField(default=list)  # the open points as they were handed over
    digest = models.CharField(max_length=64, blank=True)  # of what was signed
    signed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("值班日志")

    def __str__(self) -> str:
        return f"{self.shift_id} {self.state}"

    @property
    def state_name(self) -> str:
        """在记 …, a marked text."""
        return rules.LOGS.get(self.state, "")


class OpenPoint(models.Model):
    """未了事项: what the next shift must know or do. It stays until somebody settles it."""

    shift = models.ForeignKey(Shift, models.PROTECT, related_name="points")
    text = models.CharField(max_length=300)
    raised_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    settled_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("未了事项")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text


class Plan(models.Model):
    """预案: what is done in an emergency: when it starts, the steps, whom to call."""

    name = models.CharField(_("名称"), max_length=100)
    conditions = models.TextField()
    colours = models.JSONField(default=list)
    topics = models.JSONField(default=list)  # codes; none: any topic
    text = models.TextField(blank=True)
    steps = models.JSONField(default=list)
    phones = models.JSONField(default=list)  # [{"name", "number"}…]
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("预案")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class PlanRun(models.Model):
    """启动预案: one time that a plan was followed, with its steps as they were then. `subject` is
    what it is about, as in the ledger: "issue:17"."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="runs")
    subject = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=100)
    steps = models.JSONField(default=list)
    phones = models.JSONField(default=list)
    started_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("启动预案")
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "subject"], name="plan_runs_once", condition=Q(ended_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject}"


class PlanTick(models.Model):
    """勾选: one step was done, or was not after all. Lines are added, never changed."""

    run = models.ForeignKey(PlanRun, models.CASCADE, related_name="ticks")
    step = models.PositiveSmallIntegerField()
    done = models.BooleanField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("勾选")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.run_id}.{self.step} {self.done}"


class Scenario(models.Model):
    """演练脚本: what is said when, and what ought to happen by when (lib/scenarios.py). `shipped`
    names the one that came with the product."""

    name = models.CharField(_("名称"), max_length=100, unique=True)
    text = models.TextField()
    shipped = models.CharField(max_length=40, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("演练脚本")
        ordering = ["-active", "id"]

    def __str__(self) -> str:
        return self.name


class Drill(models.Model):
    """演练: one time that a scenario was played to a copy of the office; the text as it was then.

    `going` is empty once it is over, so that there is one at a time. `keeper` is the worker that
    keeps the copy running. `begins` is the copy's own time at the start; the others are true.
    `result` is what reports/queries/drills.py found in the copy at the end.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("正在准备")
        RUNNING = "running", _("进行中")
        ENDING = "ending", _("正在结束")
        ENDED = "ended", _("已结束")
        BROKEN = "broken", _("中断")

    scenario = models.ForeignKey(Scenario, models.PROTECT, related_name="drills")
    name = models.CharField(max_length=100)
    text = models.TextField()
    speed = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    going = models.BooleanField(null=True, default=True)
    asked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    begins = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    keeper = models.CharField(max_length=64, blank=True)
    seen_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=200, blank=True)
    why = models.JSONField(default=dict)  # of a break: {"message", "params"}
    result = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("演练")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["going"], name="one_drill", condition=Q(going__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"
