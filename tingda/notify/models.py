"""Messages to people inside the house."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tingda.notify import rules
from tingda.people.models import Person, Unit


class Notice(models.Model):
    """通知: something one person should know, once. `key` makes sure of the once."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="notices")
    key = models.CharField(max_length=120)
    verb = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    link = models.CharField(max_length=200)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("通知")
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="notice_once")]
        indexes = [models.Index(fields=["person", "read_at"], name="notice_unread")]

    def __str__(self) -> str:
        return f"{self.person} {self.key}"


class Reach(models.Model):
    """通知方式: where notices go besides the desk: a person's own, or a group's (no person).

    What has to be filled in is sealed; `hint` is what of it may be shown. `claim` is the worker
    that sends by it now, so that one receiver gets one message after another.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", _("电子邮件")
        WECOM = "wecom", _("企业微信群机器人")
        DINGTALK = "dingtalk", _("钉钉群机器人")
        FEISHU = "feishu", _("飞书群机器人")
        NTFY = "ntfy", "ntfy"
        WEBHOOK = "webhook", _("自己的程序（webhook）")

    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="reaches")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(_("叫它什么"), max_length=50)
    sealed = models.BinaryField()
    hint = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=10)
    active = models.BooleanField(default=True)
    matters = models.JSONField(default=list)
    topics = models.JSONField(default=list)
    units = models.ManyToManyField(Unit, related_name="+")
    digest = models.TimeField(null=True)
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    error = models.JSONField(default=dict)
    retry_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    claim = models.CharField(max_length=32, blank=True)
    claimed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("通知方式")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def times(self) -> rules.Times:
        """When it may be used."""
        return rules.Times(self.digest, self.quiet_from, self.quiet_to)


class Sending(models.Model):
    """发送: one told thing on its way through one reach, once. `key` makes sure of the once.

    Rows that went out as one message have the same `claim`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("等着发")
        UNDER_WAY = "under_way", _("正在发")
        SENT = "sent", _("已发")
        SEEN = "seen", _("已在听答看过，没有再发")
        DOUBT = "doubt", _("不知道送到没有")
        GIVEN_UP = "given_up", _("没有送到")
        HELD = "held", _("演练，没有发")

    reach = models.ForeignKey(Reach, models.CASCADE, related_name="sendings")
    key = models.CharField(max_length=120)
    verb = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    link = models.CharField(max_length=200)
    urgent = models.BooleanField(default=False)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    claim = models.CharField(max_length=32, blank=True)
    claimed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("发送")
        constraints = [models.UniqueConstraint(fields=["reach", "key"], name="sending_once")]
        indexes = [
            models.Index(fields=["state", "due_at"], name="sending_due"),
            models.Index(fields=["done_at"], name="sending_done"),
        ]

    def __str__(self) -> str:
        return f"{self.reach} {self.key}"


class MailServer(models.Model):
    """发信服务器: the office's own, by which notices go out as e-mail. At most one row."""

    class Security(models.TextChoices):
        TLS = "tls", _("SSL/TLS（多为 465 端口）")
        STARTTLS = "starttls", _("STARTTLS（多为 587 端口）")
        PLAIN = "plain", _("不加密，只限管理员允许的内部主机")

    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=8, choices=Security.choices)
    user = models.CharField(max_length=254, blank=True)
    sealed = models.BinaryField()
    sender = models.EmailField()

    class Meta:
        verbose_name = _("发信服务器")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_mail_server")]

    def __str__(self) -> str:
        return self.host
