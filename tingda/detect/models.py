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
    # how hot it is (lib/heat.py), of what, and when that is looked at again
    heat = models.FloatField(default=0)
    heat_parts = models.JSONField(default=dict)  # {"points": {part: …}, "facts": {…}, "peak": {…}}
    heat_at = models.DateTimeField(null=True)
    heat_due = models.DateTimeField(null=True)
    heat_owed = models.BooleanField(default=True)  # something was heard since
    growth = models.JSONField(default=dict)  # the `why` of a Rise, and {"alarm": …, "day": …}

    class Meta:
        verbose_name = _("议题")
        indexes = [
            models.Index(fields=["state", "-heat", "-id"], name="issue_heat"),
            models.Index(fields=["heat_due"], name="issue_heat_due"),
            models.Index(fields=["id"], name="issue_heat_owed", condition=models.Q(heat_owed=True)),
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


class Foresight(models.Model):
    """走势的经验: one row: what the office's own issues taught about how issues go on.

    `lessons` as `lib.outlook.kept` makes them, empty where `refused` ({"message", "params"}) says
    why nothing could be learnt.
    """

    at = models.DateTimeField()
    lessons = models.JSONField(default=dict)
    refused = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("走势的经验")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_foresight")]

    def __str__(self) -> str:
        return str(self.at)


class Assessment(models.Model):
    """研判: what one person made of an issue at one time. Never changed; the newest counts."""

    issue = models.ForeignKey(Issue, models.PROTECT, related_name="assessments")
    number = models.PositiveIntegerField()
    nature = models.TextField(_("性质"))
    reach = models.TextField(_("波及范围"), blank=True)
    trend = models.TextField(_("走势"), blank=True)
    stakes = models.TextField(_("利害"), blank=True)
    suggestion = models.TextField(_("建议"))
    seen = models.PositiveIntegerField(default=0)  # the newest its writer had before them, or 0
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("研判")
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["issue", "number"], name="assessment_once")]

    def __str__(self) -> str:
        return f"{self.issue_id}.{self.number}"


class Alert(models.Model):
    """预警: a warning about an issue. The machine suggests a colour, a person confirms it.

    It waits until a person says that they know (`acknowledged_at`), tells more people while nobody
    does (`step`, `next_due`), and stands until a person ends it. The machine raises it again, as
    another `round`, for what was heard after a person had lowered or ended it (`since`).
    """

    class Colour(models.TextChoices):
        RED = "red", _("红色")
        ORANGE = "orange", _("橙色")
        YELLOW = "yellow", _("黄色")
        BLUE = "blue", _("蓝色")

    issue = models.OneToOneField(Issue, models.CASCADE, related_name="alert")
    colour = models.CharField(max_length=8, choices=Colour.choices)
    suggested = models.CharField(max_length=8, blank=True)  # the gravest by the machine so far
    why = models.JSONField(default=dict)  # {"reasons": [[msgid, values]…], "voice", "danger", …}
    raised_at = models.DateTimeField()
    round = models.PositiveIntegerField(default=1)
    since = models.DateTimeField(null=True)  # only what was heard later counts
    by_growth = models.BooleanField(default=False)
    # whom it was told so far, and when more are told
    step = models.PositiveSmallIntegerField(default=0)
    next_due = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(_("理由"), max_length=500, blank=True)  # of its end
    noise = models.BooleanField(default=False)  # a person said that it was a false alarm
    doubted = models.BooleanField(default=False)  # or that it was less than the machine thought

    class Meta:
        verbose_name = _("预警")
        indexes = [
            models.Index(
                fields=["raised_at"], name="alert_open", condition=models.Q(confirmed_at=None)
            ),
            models.Index(
                fields=["raised_at"], name="alert_standing", condition=models.Q(ended_at=None)
            ),
            models.Index(
                fields=["next_due"], name="alert_due", condition=models.Q(next_due__isnull=False)
            ),
            models.Index(fields=["-ended_at"], name="alert_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.colour} {self.issue_id}"

    @property
    def stands(self) -> bool:
        """Whether no person has ended it."""
        return self.ended_at is None


class AlertStep(models.Model):
    """预警的经过: one thing that happened to an alert. Never changed."""

    class What(models.TextChoices):
        RAISED = "raised", _("提出")
        LEVEL = "level", _("升级")
        ACKNOWLEDGED = "acknowledged", _("知道了")
        CONFIRMED = "confirmed", _("确认")
        CHANGED = "changed", _("改变颜色")
        ESCALATED = "escalated", _("通知更多人")
        ENDED = "ended", _("结束")

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="steps")
    round = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(db_index=True)
    what = models.CharField(max_length=16, choices=What.choices)
    colour = models.CharField(max_length=8, choices=Alert.Colour.choices)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    by_growth = models.BooleanField(default=False)
    wrong = models.BooleanField(default=False)  # a person lowered it or said that it was false
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("预警的经过")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.what}"


class Gauge(models.Model):
    """预警的规矩: one row: what heat is made of, which colour for what, and what is usual here.

    Empty values are the defaults of lib/heat.py and lib/levels.py.
    """

    weights = models.JSONField(default=dict)
    levels = models.JSONField(default=list)
    minutes = models.JSONField(default=dict)  # by colour, to acknowledge
    per_week = models.PositiveSmallIntegerField(default=2)  # false alarms by growth, at most
    usual = models.JSONField(default=dict)  # source number: applause that is usual there
    growth = models.BinaryField(default=bytes)  # what was learnt (lib/rising/packed.py)
    days = models.PositiveIntegerField(default=0)  # of history that it was learnt from
    learnt_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    judged_stamp = models.BigIntegerField(default=0)  # of Gathering, then

    class Meta:
        verbose_name = _("预警的规矩")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_gauge")]

    def __str__(self) -> str:
        return f"at most {self.per_week} a week"
