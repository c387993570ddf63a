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
    submitted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    released_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("回应")
        indexes = [models.Index(fields=["-published_at"], name="answer_published")]

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
