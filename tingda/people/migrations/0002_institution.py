"""The one row of the institution."""

from django.db import migrations


def found(apps, schema_editor):
    apps.get_model("people", "Institution").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("people", "0001_tables")]
    operations = [migrations.RunPython(found, migrations.RunPython.noop)]
