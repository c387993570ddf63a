"""Many voices about the same matter, and warnings about them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tingda.analyse.models import Topic
from tingda.collect.models import Voice
from tingda.people.models import Person


class Issue(models.Model):
    """议题: voices about the same matter in the same place. Its number never changes."""

    class State(models.TextChoices):
        OPEN = "open", _("在听")
        MERGED = "merged", _("已并入")
        NOT_OURS = "not_ours", _("不属于我们")

    title = models.CharField(_("题目"), max_length=200)
    title_by_person = models.BooleanField(default=False)
    topic = models.ForeignKey(Topic, models.SET_NULL, null=True, related_name="+")
    place = models.CharField(_("地点"), max_length=100, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    split_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    heard_at = models.DateTimeField()  # when its first voice was heard: clocks count from here
    messages = models.PositiveIntegerField(default=0)
    people = models.PositiveIntegerField(default=0)
    copies = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("议题")
        indexes = [
            models.Index(fields=["state", "-people", "-id"], name="issue_people"),
            models.Index(fields=["state", "-messages", "-id"], name="issue_messages"),
            models.Index(fields=["state", "-last_at", "-id"], name="issue_last"),
            models.Index(fields=["state", "-heard_at", "-id"], name="issue_new"),
        ]

    def __str__(self) -> str:
        return self.title


class Belonging(models.Model):
    """归属: which issue a voice belongs to, and why. `copy` folds a repeat under its first."""

    voice = models.OneToOneField(Voice, models.CASCADE, primary_key=True, related_name="belonging")
    issue = models.ForeignKey(Issue, models.PROTECT, related_name="belongings")
    at = models.DateTimeField()
    author_hash = models.CharField(max_length=32)  # "v…" for a voice whose author is not known
    copy = models.BooleanField(default=False)
    by_person = models.BooleanField(default=False)
    why = models.JSONField(default=dict)
    stamp = models.BigIntegerField(db_index=True)  # grows with every change; tells what is new

    class Meta:
        verbose_name = _("归属")
        indexes = [
            models.Index(fields=["issue", "-at"], name="belonging_issue"),
            # of a flood of copies only the first ones are read
            models.Index(
                fields=["issue", "-at"], name="belonging_firsts", condition=models.Q(copy=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voice_id} in {self.issue_id}"


class Apart(models.Model):
    """不是一回事: two issues that a person pulled apart; the machine never joins them again."""

    one = models.ForeignKey(Issue, models.CASCADE, related_name="+")
    other = models.ForeignKey(Issue, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("不是一回事")
        constraints = [models.UniqueConstraint(fields=["one", "other"], name="apart_once")]

    def __str__(self) -> str:
        return f"{self.one_id} / {self.other_id}"


class Proposal(models.Model):
    """归拢建议: two issues that may be one matter, or one that may be two. A person decides.

    Of a merge `other` would go into `issue`; of a split `voices` (ids) would leave `issue`. `why`
    is as `detect.rules.Proposal` says; `messages`: the voices of `issue`, copies apart, that were
    looked at when it was decided.
    """

    class Kind(models.TextChoices):
        MERGE = "merge", _("合并")
        SPLIT = "split", _("拆分")

    class State(models.TextChoices):
        WAITING = "waiting", _("待决定")
        ACCEPTED = "accepted", _("已照办")
        REFUSED = "refused", _("没有采纳")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="+")
    other = models.ForeignKey(Issue, models.CASCADE, null=True, related_name="+")
    voices = models.JSONField(default=list)
    why = models.JSONField(default=dict)
    sure = models.FloatField(default=0)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    messages = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("归拢建议")
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "other"],
                name="merge_waits_once",
                condition=models.Q(state="waiting", kind="merge"),
            ),
            models.UniqueConstraint(
                fields=["issue"],
                name="split_waits_once",
                condition=models.Q(state="waiting", kind="split"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-sure", "id"], name="proposal_waits", condition=models.Q(state="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.issue_id} {self.other_id or ''}"


class Gathering(models.Model):
    """归拢: whoever groups holds this one row locked; the stamp counts changes of belonging.

    What was changed up to the stamp `looked` has been looked at for merges and splits.
    """

    stamp = models.BigIntegerField(default=0)
    looked = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)  # empty while there is more to look at

    class Meta:
        verbose_name = _("归拢")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_gathering")]

    def __str__(self) -> str:
        return str(self.stamp)


class Alert(models.Model):
    """预警: a warning about an issue. The machine suggests a colour, a person confirms it."""

    class Colour(models.TextChoices):
        RED = "red", _("红色")
        ORANGE = "orange", _("橙色")
        YELLOW = "yellow", _("黄色")
        BLUE = "blue", _("蓝色")

    issue = models.OneToOneField(Issue, models.CASCADE, related_name="alert")
    colour = models.CharField(max_length=8, choices=Colour.choices)
    why = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("预警")
        indexes = [
            models.Index(
                fields=["raised_at"], name="alert_open", condition=models.Q(confirmed_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.colour} {self.issue_id}"
