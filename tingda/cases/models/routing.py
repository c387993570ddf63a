"""Where a matter goes: rules, objections, and bodies outside."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tingda.analyse.models import Topic
from tingda.cases.models.casework import Case, Referral
from tingda.collect.models import Source, Voice
from tingda.people.models import Person, Unit


class Objection(models.Model):
    """异议: one unit says, once in a case, that it is not theirs; one person decides."""

    referral = models.OneToOneField(Referral, models.CASCADE, related_name="objection")
    reason = models.TextField(_("理由"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(_("决定的理由"), blank=True)
    # where it was put; None: it stays with the unit that was asked
    moved_to = models.OneToOneField(Referral, models.PROTECT, null=True, related_name="put_by")

    class Meta:
        verbose_name = _("异议")

    def __str__(self) -> str:
        return f"{self.referral_id} {self.decided_at}"


class Forwarding(models.Model):
    """转办: a case given to a competent body outside: what was sent, and what came back."""

    class Way(models.TextChoices):
        LETTER = "letter", _("公文")
        PLATFORM = "platform", _("平台")
        EMAIL = "email", _("电子邮件")
        PHONE = "phone", _("电话")
        IN_PERSON = "in_person", _("当面")

    case = models.ForeignKey(Case, models.CASCADE, related_name="forwardings")
    to = models.CharField(_("转给谁"), max_length=100)
    way = models.CharField(_("怎么转的"), max_length=10, choices=Way.choices)
    text = models.TextField(_("转了什么"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reply = models.TextField(_("对方怎么说"), blank=True)
    reply_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reply_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("转办")

    def __str__(self) -> str:
        return f"{self.case_id} -> {self.to}"


class ForwardedFile(models.Model):
    """转办的附件: a file that was sent outside, or that came back."""

    forwarding = models.ForeignKey(Forwarding, models.CASCADE, related_name="files")
    came_back = models.BooleanField(default=False)
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=300)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("转办的附件")

    def __str__(self) -> str:
        return self.name


class Route(models.Model):
    """分派规则: which matters go to which unit. The first in order that holds is suggested."""

    class Days(models.TextChoices):
        ANY = "", _("不限")
        WORKING = "working", _("工作日")
        OFF = "off", _("休息日")

    order = models.PositiveIntegerField(db_index=True)
    name = models.CharField(_("名称"), max_length=100, unique=True)
    condition = models.TextField(_("规则"), blank=True)  # in the language of docs/watches.md
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, related_name="+")
    place = models.CharField(_("地点"), max_length=60, blank=True)
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+")
    days = models.CharField(_("哪些日子"), max_length=8, choices=Days.choices, blank=True)
    start = models.TimeField(_("从几点"), null=True)
    end = models.TimeField(_("到几点"), null=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="+")
    active = models.BooleanField(_("在用"), default=True)
    # what goes by itself: the kind and grade that its owner gives such matters, what the unit is
    # asked, and since when
    at_once = models.BooleanField(_("直接发出"), default=False)
    kind = models.CharField(max_length=24, blank=True)
    grade = models.CharField(max_length=16, blank=True)
    asks = models.TextField(_("请核实什么"), blank=True)
    since = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)
    checked_at = models.DateTimeField(null=True)  # when it was last looked at for faults

    class Meta:
        verbose_name = _("分派规则")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name


class Dispatch(models.Model):
    """分派: a voice that the rules looked at for going by themselves, once, and what came of it."""

    voice = models.OneToOneField(Voice, models.CASCADE, related_name="dispatch")
    at = models.DateTimeField()
    route = models.ForeignKey(Route, models.SET_NULL, null=True, related_name="+")
    case = models.ForeignKey(Case, models.SET_NULL, null=True, related_name="+")
    trouble = models.CharField(max_length=16, blank=True)

    class Meta:
        verbose_name = _("分派")

    def __str__(self) -> str:
        return f"{self.voice_id} {self.trouble}"
