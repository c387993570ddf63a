"""The sealed text and nothing that tells whose matter it belongs to."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SealedContact(models.Model):
    """密封身份: the contact details of one reporter, encrypted at rest."""

    ciphertext = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("密封身份")

    def __str__(self) -> str:
        return f"sealed {self.pk}"
