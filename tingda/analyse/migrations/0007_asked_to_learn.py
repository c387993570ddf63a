from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analyse", "0006_judged")]

    operations = [
        migrations.AddField("lesson", "used_at", models.DateTimeField(null=True)),
        migrations.AddField("sorting", "asked_at", models.DateTimeField(null=True)),
    ]
