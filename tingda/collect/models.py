"""Where voices come from, each look at a source, and what was said."""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tingda.collect.sources import KINDS, kind_name
from tingda.people.models import Person
from tingda.vault.models import SealedContact


class Host(models.Model):
    """站点: one server on the web: when it may be asked again, and what its robots.txt says."""

    name = models.CharField(max_length=255, unique=True)
    free_at = models.DateTimeField(null=True)  # no request begins before
    closed_until = models.DateTimeField(null=True)  # it asked to be left alone so long
    busy = models.JSONField(default=list)  # when each request under way ends at the latest
    pace_seconds = models.FloatField(null=True)  # what the host itself asks for, if longer
    robots = models.TextField(blank=True)
    robots_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("站点")

    def __str__(self) -> str:
        return self.name


class Source(models.Model):
    """来源: where voices come from. A source that is looked at by the worker has `next_due`.

    `kind` is a name in `collect.sources.KINDS` or, for what people bring, one of `Kind`.
    """

    class Kind:
        """Kinds that nobody looks at, because people bring the voices themselves; and feeds."""

        FEED = "feed"
        IMPORT = "import"
        HOTLINE = "hotline"
        FORM = "form"

    kind = models.CharField(_("种类"), max_length=16)
    name = models.CharField(_("名称"), max_length=100, unique=True)
    group = models.CharField(_("分组"), max_length=50, blank=True)
    address = models.CharField(_("网址"), max_length=1000, blank=True)
    options = models.JSONField(default=dict)  # what its kind lets an office choose
    secret = models.BinaryField(blank=True, default=b"")  # sealed password or token
    exclude = models.TextField(_("不收的词"), blank=True)  # a line each
    interval_minutes = models.PositiveIntegerField(_("多久看一次（分钟）"), default=30)
    active = models.BooleanField(_("在用"), default=True)
    # the work of looking
    host = models.ForeignKey(Host, models.SET_NULL, null=True, related_name="+")
    next_due = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=64, blank=True)  # the worker, as in its Pulse
    looked_at = models.DateTimeField(null=True, blank=True)
    # what is remembered from one look to the next
    etag = models.CharField(max_length=1000, blank=True)
    last_modified = models.CharField(max_length=200, blank=True)
    memory = models.JSONField(default=dict)  # its kind's own
    moved_to = models.CharField(max_length=1000, blank=True)
    moved_times = models.PositiveSmallIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    robots = models.JSONField(default=dict)  # {"allowed": bool, "at": ISO time, "rule": str}
    heard_at = models.DateTimeField(_("最近听到"), null=True, blank=True)
    clock = models.JSONField(default=dict)  # what `lib.drift` keeps from look to look
    clock_days = models.IntegerField(default=0)  # so slow it is; less than 0: fast
    silent_at = models.DateTimeField(null=True, blank=True)  # since when we wonder at its silence
    # listening closely for a time
    close_minutes = models.PositiveIntegerField(null=True, blank=True)
    close_until = models.DateTimeField(null=True, blank=True)
    close_why = models.CharField(max_length=200, blank=True)
    # the same because of a key period (actions/periods.py); beside what a person asked for
    key_minutes = models.PositiveIntegerField(null=True, blank=True)
    key_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("来源")
        ordering = ["name"]
        indexes = [
            models.Index(fields=["next_due"], name="source_due", condition=models.Q(active=True)),
            models.Index(fields=["looked_at"], name="source_looked"),
            models.Index(
                fields=["clock_days"], name="source_clock", condition=~models.Q(clock_days=0)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_looked_at(self) -> bool:
        """Whether the worker goes there; the others are brought."""
        return self.kind in KINDS

    def get_kind_display(self) -> str:
        """What its kind is called on screen."""
        return gettext(kind_name(self.kind))

    def pace(self, now: datetime) -> timedelta:
        """How often it is looked at just now."""
        close = self.close_minutes if self.close_until and now < self.close_until else None
        key = self.key_minutes if self.key_until and now < self.key_until else None
        usual = self.interval_minutes
        return timedelta(minutes=min(usual, close or usual, key or usual))

    def is_close(self, now: datetime) -> bool:
        """Whether it is listened to closely just now: a person or a key period wants it."""
        return any(until and now < until for until in (self.close_until, self.key_until))


class Check(models.Model):
    """巡查记录: one look at one source. Nothing found is a record too."""

    class Outcome(models.TextChoices):
        HEARD = "heard", _("听到新的")
        NOTHING = "nothing", _("没有新的")
        FAILED = "failed", _("没有看成")

    source = models.ForeignKey(Source, models.CASCADE, related_name="checks")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    added = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    edited = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)  # by the source's own words
    cause = models.CharField(max_length=24, blank=True)  # of a failure, for machines
    note = models.CharField(max_length=500, blank=True)  # msgid of the reason
    note_params = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("巡查记录")
        indexes = [
            models.Index(fields=["source", "-at"], name="check_newest"),
            models.Index(fields=["at"], name="check_at"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.at} {self.outcome}"


class Voice(models.Model):
    """声音: one thing somebody said, kept as it was said."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="voices")
    identity = models.CharField(max_length=64)
    imprint = models.CharField(max_length=32, blank=True)  # link and words, where ids may change
    title = models.CharField(_("标题"), max_length=500, blank=True)
    text = models.TextField(_("内容"), blank=True)
    url = models.CharField(_("链接"), max_length=2000, blank=True)
    platform = models.CharField(_("平台"), max_length=100, blank=True)
    place = models.CharField(_("地点"), max_length=200, blank=True)
    told_topic = models.CharField(_("分类"), max_length=100, blank=True)  # as a table called it
    said_at = models.DateTimeField(null=True, blank=True)
    precision = models.CharField(max_length=8, default="unknown")
    heard_at = models.DateTimeField()
    at = models.DateTimeField(db_index=True)  # said_at, or heard_at where that is not known
    author_hash = models.CharField(max_length=32, blank=True)  # keyed; counts people, names nobody
    likes = models.PositiveIntegerField(default=0)
    dislikes = models.PositiveIntegerField(default=0)
    edits = models.PositiveSmallIntegerField(default=0)
    unread = models.BooleanField(default=True)  # a reading is owed

    class Meta:
        verbose_name = _("声音")
        constraints = [models.UniqueConstraint(fields=["source", "identity"], name="voice_once")]
        indexes = [
            models.Index(fields=["id"], name="voice_unread", condition=models.Q(unread=True)),
            models.Index(fields=["heard_at"], name="voice_heard"),
            models.Index(
                fields=["told_topic"], name="voice_told_topic", condition=~models.Q(told_topic="")
            ),
            models.Index(
                fields=["source", "imprint"],
                name="voice_imprint",
                condition=~models.Q(imprint=""),
            ),
        ]

    def __str__(self) -> str:
        return self.headline

    @property
    def headline(self) -> str:
        """The title, or the beginning of the text where there is none."""
        return self.title or self.text[:40]


class Edit(models.Model):
    """改动: what a voice said before it was changed where it stands."""

    voice = models.ForeignKey(Voice, models.CASCADE, related_name="earlier")
    at = models.DateTimeField()
    title = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        verbose_name = _("改动")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.voice_id} {self.at}"


class Tombstone(models.Model):
    """已删记号: a voice was here and its time is over. It is not heard again."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="+")
    identity = models.CharField(max_length=64)
    imprint = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = _("已删记号")
        constraints = [models.UniqueConstraint(fields=["source", "identity"], name="tomb_once")]
        indexes = [
            models.Index(
                fields=["source", "imprint"], name="tomb_imprint", condition=~models.Q(imprint="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.identity}"


class Attachment(models.Model):
    """随附文件: a file that came with a voice; kept aside, served inert, only to the desk."""

    voice = models.ForeignKey(Voice, models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=150)
    path = models.CharField(max_length=300)  # inside the folder of files
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("随附文件")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Evidence(models.Model):
    """存证: the page of a voice that joined a case, as it was then."""

    class State(models.TextChoices):
        DUE = "due", _("等待存证")
        KEPT = "kept", _("已存证")
        WORDS = "words", _("只存了听到的文字")  # the page itself could not be had

    voice = models.OneToOneField(Voice, models.PROTECT, related_name="evidence")
    thread = models.CharField(max_length=64)  # whose record it belongs to: case:17
    state = models.CharField(max_length=8, choices=State.choices, default=State.DUE)
    asked_at = models.DateTimeField()
    next_due = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    kept_at = models.DateTimeField(null=True)
    path = models.CharField(max_length=300, blank=True)  # inside the folder of files
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=500, blank=True)  # msgid of why the page was not had
    note_params = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("存证")
        indexes = [
            models.Index(fields=["next_due"], name="evidence_due", condition=models.Q(state="due"))
        ]

    def __str__(self) -> str:
        return f"evidence of {self.voice_id}"


class Delivery(models.Model):
    """投递: what one signed delivery brought; sent again under its key, it gets the same reply."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    reply = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("投递")
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="delivery_once")]
        indexes = [models.Index(fields=["at"], name="delivery_at")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.key}"


class Subscription(models.Model):
    """推送订阅: a hub that tells us when a feed has something new (WebSub)."""

    source = models.OneToOneField(Source, models.CASCADE, related_name="subscription")
    hub = models.CharField(max_length=1000)
    topic = models.CharField(max_length=1000)
    token = models.CharField(max_length=64, unique=True)  # the unguessable end of our address
    key = models.CharField(max_length=64)  # the hub signs with it
    asked_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    pushed_at = models.DateTimeField(null=True)
    missed = models.PositiveSmallIntegerField(default=0)  # news found by looking, not by a push
    error = models.CharField(max_length=500, blank=True)
    error_params = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("推送订阅")

    def __str__(self) -> str:
        return f"{self.source_id} at {self.hub}"


class Receipt(models.Model):
    """查询码: lets a reporter look after their own voice. Only a keyed hash of the code is kept."""

    voice = models.OneToOneField(Voice, models.PROTECT, related_name="receipt")
    code_hash = models.CharField(max_length=32, unique=True)
    contact = models.OneToOneField(SealedContact, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("查询码")

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class Import(models.Model):
    """导入: one spreadsheet on its way in. A worker claims it; a killed one is taken up again."""

    class State(models.TextChoices):
        PREVIEW = "preview", _("待确认")
        DUE = "due", _("等待导入")
        RUNNING = "running", _("导入中")
        DONE = "done", _("已导入")
        FAILED = "failed", _("没有导入成")

    file = models.CharField(max_length=300)  # inside the data folder
    name = models.CharField(_("文件"), max_length=200)
    source_name = models.CharField(_("来源"), max_length=100, blank=True)
    mapping = models.JSONField(default=dict)  # field -> column
    state = models.CharField(max_length=16, choices=State.choices, default=State.PREVIEW)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    size = models.BigIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    rejects_file = models.CharField(max_length=300, blank=True)
    seconds = models.FloatField(default=0)
    error = models.CharField(max_length=500, blank=True)
    error_params = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("导入")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def percent(self) -> int:
        """How far it is, 0–100."""
        if self.state == self.State.DONE:
            return 100
        return min(99, self.position * 100 // self.size) if self.size else 0
