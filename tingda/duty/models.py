"""The worker's sign of life."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Pulse(models.Model):
    """心跳: when a worker process was last seen alive. One row a worker."""

    worker = models.CharField(max_length=64, unique=True)
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("心跳")

    def __str__(self) -> str:
        return f"{self.worker} {self.seen_at}"
