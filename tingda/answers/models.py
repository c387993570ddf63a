"""The institution's words."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tingda.answers import rules
from tingda.cases.models import Case
from tingda.collect.models import Receipt
from tingda.people.models import Person


class Answer(models.Model):
    """回应: the institution's words about one case, in versions, released by a second person."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="answers")
    state = models.CharField(max_length=16)
    made_at = models.DateTimeField()
    rectifies = models.BooleanField(default=False)  # it reports what was put right
    submitted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    released_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("回应")
        indexes = [
            models.Index(fields=["-published_at"], name="answer_published"),
            models.Index(fields=["state", "-published_at", "-id"], name="answer_state"),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk} of {self.case_id}"

    @property
    def state_name(self) -> str:
        """拟稿 …, a marked text."""
        return rules.STATES[self.state]

    @property
    def newest(self) -> "Version":
        """The version that counts; use with prefetched versions."""
        return list(self.versions.all())[-1]


class Version(models.Model):
    """稿: one wording of an answer. Never overwritten; the newest counts until release."""

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(_("题目"), max_length=200)
    heard = models.TextField(_("大家反映的"))
    found = models.TextField(_("我们查到的"))
    done = models.TextField(_("已经做的"), blank=True)
    promises = models.JSONField(default=list)  # [{"what": …, "due_on": "2026-11-30"}]
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("稿")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["answer", "number"], name="version_once")]

    def __str__(self) -> str:
        return f"{self.answer_id}.{self.number}"


class Review(models.Model):
    """审核: what a second reader said of one version."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(Person, models.PROTECT, related_name="+")
    passed = models.BooleanField()
    note = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("审核")

    def __str__(self) -> str:
        return f"{self.version_id} {self.passed}"


class Publication(models.Model):
    """发布: one released answer on its way out through one channel; done once."""

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="publications")
    channel = models.CharField(max_length=16)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("发布")
        constraints = [models.UniqueConstraint(fields=["answer", "channel"], name="channel_once")]
        indexes = [
            models.Index(
                fields=["due_at"], name="publication_due", condition=models.Q(done_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} {self.channel}"


class Correction(models.Model):
    """更正: the only way a published answer changes: beside it, dated, signed by two."""

    answer = models.ForeignKey(Answer, models.PROTECT, related_name="corrections")
    text = models.TextField(_("更正"))
    drafted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    released_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("更正")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:40]


class Confirmation(models.Model):
    """本人确认: what the person who wrote says of the answer. One per receipt, may be changed."""

    class Verdict(models.TextChoices):
        SOLVED = "solved", _("解决了")
        PARTLY = "partly", _("部分解决")
        NOT = "not", _("没有解决")

    receipt = models.OneToOneField(Receipt, models.PROTECT, related_name="confirmation")
    answer = models.ForeignKey(Answer, models.PROTECT, related_name="confirmations")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    note = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("本人确认")

    def __str__(self) -> str:
        return f"{self.answer_id} {self.verdict}"


# ---- what is kept of a case, and learnt from it ----
class DossierExport(models.Model):
    """档案导出: everything about one case as one file, made by the worker, kept for some days."""

    class State(models.TextChoices):
        DUE = "due", _("等待后台")
        RUNNING = "running", _("正在导出")
        DONE = "done", _("可以下载")
        FAILED = "failed", _("没有导出成")

    case = models.ForeignKey(Case, models.PROTECT, related_name="exports")
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DUE)
    claimed_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    percent = models.PositiveSmallIntegerField(default=0)
    note = models.TextField(blank=True)
    path = models.CharField(max_length=300, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    left_out = models.PositiveIntegerField(default=0)  # what should be in it and is not
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("档案导出")
        constraints = [
            models.UniqueConstraint(
                fields=["case", "asked_by"],
                name="one_export_each",
                condition=models.Q(state__in=["due", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.state}"


class Lookback(models.Model):
    """复盘: what is learnt from a case that is over: what happened, what to change."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="lookback")
    asked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    happened = models.TextField(_("发生了什么"), blank=True)
    went_well = models.TextField(_("做得好的"), blank=True)
    to_change = models.TextField(_("要改的"), blank=True)
    edition = models.PositiveIntegerField(default=0)  # two may write at once
    written_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField(null=True)
    finished_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("复盘")
        indexes = [
            models.Index(
                fields=["asked_at"], name="lookback_open", condition=models.Q(finished_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"lookback of {self.case_id}"


class MediaEnquiry(models.Model):
    """媒体来询: what a medium asks, by when, what was said to it, who spoke, who released it."""

    class Kind(models.TextChoices):
        QUESTION = "question", _("书面询问")
        INTERVIEW = "interview", _("采访请求")

    class State(models.TextChoices):
        OPEN = "open", _("待答复")
        PROPOSED = "proposed", _("口径待签发")
        ANSWERED = "answered", _("已答复")
        DECLINED = "declined", _("未接受")

    medium = models.CharField(_("媒体"), max_length=100)
    contact = models.CharField(_("联系人和联系方式"), max_length=300, blank=True)  # internal
    kind = models.CharField(_("方式"), max_length=12, choices=Kind.choices)
    asks = models.TextField(_("问了什么"))
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(_("答复时限"))
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="enquiries")
    taken_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    said = models.TextField(_("答复的话"), blank=True)
    speaker = models.CharField(_("由谁来说"), max_length=100, blank=True)
    proposed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(_("理由"), blank=True)  # of an enquiry that was declined

    class Meta:
        verbose_name = _("媒体来询")
        indexes = [
            models.Index(fields=["due_at"], name="enquiry_open", condition=models.Q(ended_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.medium} {self.due_at}"
