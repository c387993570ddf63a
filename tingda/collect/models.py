"""Where voices come from, each look at a source, and what was said."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tingda.people.models import Person
from tingda.vault.models import SealedContact


class Source(models.Model):
    """来源: where voices come from. A source that is looked at by the worker has `next_due`."""

    class Kind(models.TextChoices):
        FEED = "feed", _("订阅源")
        IMPORT = "import", _("导入的表格")
        HOTLINE = "hotline", _("来电来访")
        FORM = "form", _("公众表单")

    kind = models.CharField(_("种类"), max_length=16, choices=Kind.choices)
    name = models.CharField(_("名称"), max_length=100, unique=True)
    address = models.CharField(_("网址"), max_length=1000, blank=True)
    interval_minutes = models.PositiveIntegerField(_("多久看一次（分钟）"), default=30)
    active = models.BooleanField(_("在用"), default=True)
    next_due = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    etag = models.CharField(max_length=1000, blank=True)
    last_modified = models.CharField(max_length=200, blank=True)
    failures = models.PositiveIntegerField(default=0)
    heard_at = models.DateTimeField(_("最近听到"), null=True, blank=True)

    class Meta:
        verbose_name = _("来源")
        ordering = ["name"]
        indexes = [
            models.Index(fields=["next_due"], name="source_due", condition=models.Q(active=True))
        ]

    def __str__(self) -> str:
        return self.name


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
    note = models.CharField(max_length=500, blank=True)  # msgid of the reason
    note_params = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("巡查记录")
        indexes = [models.Index(fields=["source", "-at"], name="check_newest")]

    def __str__(self) -> str:
        return f"{self.source} {self.at} {self.outcome}"


class Voice(models.Model):
    """声音: one thing somebody said, kept as it was said."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="voices")
    identity = models.CharField(max_length=64)
    title = models.CharField(_("标题"), max_length=500, blank=True)
    text = models.TextField(_("内容"), blank=True)
    url = models.CharField(_("链接"), max_length=2000, blank=True)
    platform = models.CharField(_("平台"), max_length=100, blank=True)
    place = models.CharField(_("地点"), max_length=200, blank=True)
    said_at = models.DateTimeField(null=True, blank=True)
    precision = models.CharField(max_length=8, default="unknown")
    heard_at = models.DateTimeField()
    at = models.DateTimeField(db_index=True)  # said_at, or heard_at where that is not known
    author_hash = models.CharField(max_length=32, blank=True)  # keyed; counts people, names nobody
    likes = models.PositiveIntegerField(default=0)
    dislikes = models.PositiveIntegerField(default=0)
    unread = models.BooleanField(default=True)  # a reading is owed

    class Meta:
        verbose_name = _("声音")
        constraints = [models.UniqueConstraint(fields=["source", "identity"], name="voice_once")]
        indexes = [
            models.Index(fields=["id"], name="voice_unread", condition=models.Q(unread=True)),
            models.Index(fields=["heard_at"], name="voice_heard"),
        ]

    def __str__(self) -> str:
        return self.headline

    @property
    def headline(self) -> str:
        """The title, or the beginning of the text where there is none."""
        return self.title or self.text[:40]


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
