"""The one row of the lease."""

from django.db import migrations


def found(apps, schema_editor):
    apps.get_model("detect", "Gathering").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("detect", "0001_tables")]
    operations = [migrations.RunPython(found, migrations.RunPython.noop)]
