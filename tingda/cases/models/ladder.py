"""Who was called on when something came near its limit or went past it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tingda.cases import rules
from tingda.cases.models.casework import Case
from tingda.people.models import Person


class Escalation(models.Model):
    """催办: one step of a ladder that was taken, or a person's own reminder; lines are added only.

    `target` is "deadline:3", "referral:4", "report:5" or "task:6"; `due_at` is the limit it was
    about, so that each step happens once for each limit.
    """

    case = models.ForeignKey(Case, models.CASCADE, null=True, related_name="escalations")
    target = models.CharField(max_length=40)
    rung = models.CharField(max_length=24, blank=True)  # "": a person did it
    stage = models.CharField(max_length=16)
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    to = models.CharField(max_length=8)
    names = models.JSONField(default=list)  # who was told, as they were called that day
    text = models.TextField(blank=True)
    urgent = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("催办")
        constraints = [
            models.UniqueConstraint(
                fields=["target", "rung", "due_at"], name="step_once", condition=~Q(rung="")
            )
        ]
        indexes = [models.Index(fields=["target", "-id"], name="called_target")]

    def __str__(self) -> str:
        return f"{self.target} {self.rung} {self.at}"

    @property
    def stage_name(self) -> str:
        """反馈核实 …"""
        return rules.ALL_STAGES.get(self.stage, "")

    @property
    def to_name(self) -> str:
        """经办人 …"""
        return rules.CALLED.get(self.to, "")


class LadderSetting(models.Model):
    """催办步骤: the office's own ladder in place of a default of cases/rules.py."""

    code = models.CharField(max_length=32, unique=True)  # a band, or band and stage: major.facts
    steps = models.JSONField(default=list)  # Step.stored()

    class Meta:
        verbose_name = _("催办步骤")

    def __str__(self) -> str:
        return self.code
