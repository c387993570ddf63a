"""Major events: the report upward, the meeting, and what it asks of whom."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tingda.cases.models.casework import Case
from tingda.cases.models.laddered import Laddered, unreckoned
from tingda.people.models import Person


class Way(models.TextChoices):
    """How a report goes out."""

    PHONE = "phone", _("电话")
    DOCUMENT = "document", _("书面")
    SYSTEM = "system", _("信息系统")
    TEXT = "text", _("短信")


class Superior(models.Model):
    """上级单位: a body that is reported to."""

    name = models.CharField(_("单位名称"), max_length=100, unique=True)
    way = models.CharField(_("怎么报"), max_length=16, choices=Way.choices)
    contact = models.CharField(_("电话或收文地址"), max_length=200, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("上级单位")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Report(Laddered):
    """快报: one report upward about a major case: owed by a time, then sent, never changed."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="reports")
    number = models.PositiveSmallIntegerField()  # 1 is the first report, the others continue it
    begun_at = models.DateTimeField()
    due_at = models.DateTimeField()
    how = models.JSONField(default=dict)
    lifted_at = models.DateTimeField(null=True)  # no longer owed: graded lower, or closed
    what = models.TextField(_("什么事"), blank=True)
    place = models.TextField(_("什么时候、在哪里"), blank=True)
    people = models.TextField(_("涉及多少人"), blank=True)
    done = models.TextField(_("已经做了什么"), blank=True)
    next_at = models.DateTimeField(_("下次什么时候报"), null=True)
    to = models.JSONField(default=list)  # [[name, way]…]
    sent_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("快报")
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="report_number_once")
        ]
        indexes = [
            models.Index(fields=["due_at"], name="report_due"),
            models.Index(
                fields=["step_at"],
                name="report_step",
                condition=Q(sent_at=None, lifted_at=None),
            ),
            models.Index(
                fields=["id"],
                name="report_new",
                condition=Q(sent_at=None, lifted_at=None) & unreckoned(),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.number}"

    @property
    def is_owed(self) -> bool:
        """Neither sent nor lifted."""
        return self.sent_at is None and self.lifted_at is None

    @property
    def sent_to(self) -> list[tuple[str, str]]:
        """To whom, and how in words."""
        return [(name, str(Way(way).label)) for name, way in self.to]


class Reply(models.Model):
    """回话: what a body said to a report; lines are added only."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="replies")
    who = models.CharField(_("谁说的"), max_length=100)
    text = models.TextField(_("说了什么"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("回话")

    def __str__(self) -> str:
        return f"{self.report_id} {self.who}"


class Meeting(models.Model):
    """会商: people judge a case together; or a standing joint meeting about many cases."""

    class Kind(models.TextChoices):
        ASSESSMENT = "assessment", _("会商")
        STANDING = "standing", _("联席会议")

    kind = models.CharField(_("哪一种"), max_length=16, choices=Kind.choices)
    title = models.CharField(_("议什么"), max_length=200)
    at = models.DateTimeField(_("什么时候"))
    place = models.CharField(_("在哪里"), max_length=200, blank=True)
    others = models.TextField(_("其他参加的人"), blank=True)
    people = models.ManyToManyField(Person, related_name="meetings", verbose_name=_("参加的人"))
    cases = models.ManyToManyField(Case, related_name="meetings", verbose_name=_("议哪些事项"))
    called_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    called_at = models.DateTimeField()

    class Meta:
        verbose_name = _("会商")
        indexes = [models.Index(fields=["-at", "-id"], name="meeting_at")]

    def __str__(self) -> str:
        return self.title


class Minutes(models.Model):
    """纪要: what was said at a meeting and who was there; added to, never changed."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="minutes")
    present = models.TextField(_("到会的人"))
    text = models.TextField(_("纪要"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("纪要")

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.at}"


class Task(Laddered):
    """任务: what one person does by a day; done with a proof."""

    case = models.ForeignKey(Case, models.CASCADE, null=True, related_name="tasks")
    meeting = models.ForeignKey(Meeting, models.CASCADE, null=True, related_name="tasks")
    improves = models.BooleanField(default=False)  # it came of the review of its case
    what = models.CharField(_("做什么"), max_length=300)
    owner = models.ForeignKey(Person, models.PROTECT, related_name="tasks")
    due_at = models.DateTimeField()  # the end of its day
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    done_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    proof = models.TextField(_("做成了什么样，凭什么"), blank=True)

    class Meta:
        verbose_name = _("任务")
        indexes = [
            models.Index(fields=["owner", "due_at"], name="task_open", condition=Q(done_at=None)),
            models.Index(fields=["due_at"], name="task_due"),
            models.Index(fields=["step_at"], name="task_step", condition=Q(done_at=None)),
            models.Index(fields=["id"], name="task_new", condition=Q(done_at=None) & unreckoned()),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def thread(self) -> str:
        """Its name in the ledger: its case's, so that the case's record is whole."""
        return f"case:{self.case_id}" if self.case_id else f"task:{self.pk}"


class TaskFile(models.Model):
    """办成凭据: a file that proves that a task was done; served as a download."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=300)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("办成凭据")

    def __str__(self) -> str:
        return self.name
