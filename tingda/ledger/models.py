"""One table. The database itself refuses to change or delete a line (see the migrations)."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Line(models.Model):
    """台账一行: one thing that was done, by whom and when."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    verb = models.CharField(max_length=64)
    subject = models.CharField(max_length=64, db_index=True)
    thread = models.CharField(max_length=64)
    actor = models.CharField(max_length=200)
    public = models.BooleanField(default=False)
    data = models.JSONField(default=dict)
    before = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("台账")
        ordering = ["number"]
        indexes = [models.Index(fields=["thread", "number"], name="ledger_thread")]

    def __str__(self) -> str:
        return f"{self.number} {self.verb} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the line; an existing one is refused here and, should this be passed, by trigger."""
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)
