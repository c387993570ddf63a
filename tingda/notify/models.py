"""Messages to people inside the house."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tingda.people.models import Person


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
