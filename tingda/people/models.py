"""Institution, units, persons, roles."""

from functools import cached_property
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tingda.lib.refusal import Refused
from tingda.lib.words import mark
from tingda.people import rules

SYSTEM = mark("系统")


class Institution(models.Model):
    """本单位: the office in whose name everything is said. One row."""

    name = models.CharField(_("名称"), max_length=100, default=_("本单位"))
    name_en = models.CharField(_("英文名称"), max_length=200, blank=True)
    place = models.CharField(_("所在地"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("本单位")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_institution")]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """单位: a part of the institution, in a tree."""

    code = models.SlugField(unique=True)
    name = models.CharField(_("名称"), max_length=100)
    name_en = models.CharField(_("英文名称"), max_length=200, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    lead = models.ForeignKey("Person", models.PROTECT, null=True, blank=True, related_name="leads")
    phone = models.CharField(_("电话"), max_length=50, blank=True)
    hours = models.CharField(_("办公时间"), max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")

    class Meta:
        verbose_name = _("单位")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def standing(self) -> "Unit":
        """The unit that it was merged into, where it was: circles cannot be."""
        unit = self
        while unit.merged_into is not None:
            unit = unit.merged_into
        return unit

    def must_be_open(self) -> None:
        """Refuse to give anything to a unit that is no more."""
        if self.closed_at is not None:
            raise Refused(mark("%(unit)s已经撤销，请另选单位"), unit=self.name)


class PersonManager(BaseUserManager["Person"]):
    """Finds a person by sign-in name, as Django's sign-in wants it."""

    def get_by_natural_key(self, login: str | None) -> "Person":
        """The person with this sign-in name."""
        return self.get(login=login)


class Person(AbstractBaseUser):
    """人员: somebody who signs in."""

    login = models.CharField(_("登录名"), max_length=64, unique=True)
    name = models.CharField(_("姓名或岗位"), max_length=100)
    email = models.EmailField(_("电子邮箱"), blank=True)
    phone = models.CharField(_("电话"), max_length=50, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="people")
    is_active = models.BooleanField(_("在用"), default=True)
    sign_outs = models.PositiveIntegerField(default=0)  # how often all sessions were ended at once

    objects: ClassVar[PersonManager] = PersonManager()
    USERNAME_FIELD = "login"

    class Meta:
        verbose_name = _("人员")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    def get_session_auth_hash(self) -> str:
        """What a session must know to stay signed in; changes when all of them are ended."""
        return super().get_session_auth_hash() + (f":{self.sign_outs}" if self.sign_outs else "")

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles held now."""
        return frozenset(held.role for held in self.held_roles.all())

    @property
    def is_staff_member(self) -> bool:
        """Works at the desk, not only for a unit that is asked."""
        return bool(self.roles & rules.STAFF)

    def may(self, deed: str) -> bool:
        """Whether one of the person's roles allows the deed (people/rules.py)."""
        return self.is_active and rules.may(self.roles, deed)

    def must(self, deed: str) -> None:
        """Refuse what none of the person's roles allows."""
        if not self.may(deed):
            raise Refused(mark("您的角色不能做这一步"))

    def role_names(self) -> str:
        """The roles in words, for the page."""
        return "、".join(gettext(rules.ROLES[role]) for role in rules.ROLES if role in self.roles)


class HeldRole(models.Model):
    """角色: one role held by one person."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="held_roles")
    role = models.CharField(max_length=16)

    class Meta:
        verbose_name = _("角色")
        constraints = [models.UniqueConstraint(fields=["person", "role"], name="role_once")]

    def __str__(self) -> str:
        return self.role


class Absence(models.Model):
    """不在岗: from which day to which (both included) somebody is away, and who stands in."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="absences")
    deputy = models.ForeignKey(Person, models.PROTECT, related_name="stands_in")
    begins = models.DateField()
    ends = models.DateField()

    class Meta:
        verbose_name = _("不在岗")
        ordering = ["begins", "id"]
        indexes = [models.Index(fields=["ends"], name="absence_ends")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.begins} {self.ends}"


class Invitation(models.Model):
    """邀请: a link with which one person sets name and password, once. Only its hash is kept."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="invitations")
    token = models.CharField(max_length=64, unique=True)
    by = models.CharField(max_length=100)  # the name of that day
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("邀请")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.person_id} {self.made_at}"


class RequiredFactor(models.Model):
    """必须两步验证的角色: whoever holds the role signs in with a second factor, too."""

    role = models.CharField(max_length=16, unique=True)

    class Meta:
        verbose_name = _("必须两步验证的角色")

    def __str__(self) -> str:
        return self.role


class SignIn(models.Model):
    """登录: one browser in which somebody is signed in."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="sign_ins")
    key = models.CharField(max_length=40, unique=True)
    browser = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("登录")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.person_id} {self.at}"


def actor_name(person: Person | None) -> str:
    """The name as it stands in the ledger that day; work done by nobody is the system's."""
    return person.name if person else SYSTEM
