"""What reviews asked for joins the other tasks, and is called on like them."""

from collections.abc import Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import migrations


def carry(rows: Iterable, Task: type) -> None:
    """Make a task of each; who gave it out stands in the ledger, here it is who wrote the review,
    who asked for it, or whose case it was."""
    zone = ZoneInfo(settings.TIME_ZONE)
    for row in rows:
        review = row.lookback
        made_by = review.written_by_id or review.asked_by_id or review.case.owner_id
        Task.objects.create(
            case_id=review.case_id,
            improves=True,
            what=row.what,
            owner_id=row.owner_id,
            due_at=datetime.combine(row.due_on, time(23, 59, 59), zone),
            made_by_id=made_by,
            made_at=review.asked_at,
            done_at=row.done_at,
            done_by_id=row.done_by_id,
            proof=row.how,
        )


def _carry(apps, schema_editor):
    rows = apps.get_model("answers", "LookbackTask").objects.select_related("lookback__case")
    carry(rows.order_by("id"), apps.get_model("cases", "Task"))


class Migration(migrations.Migration):

    dependencies = [
        ("answers", "0002_dossier"),
        ("cases", "0007_task_proofs"),
    ]

    operations = [
        migrations.RunPython(_carry, migrations.RunPython.noop),
        migrations.DeleteModel("LookbackTask"),
    ]
