"""The list of issues by messages reads thirty rows, not all of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("detect", "0002_gathering")]
    operations = [
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(fields=["state", "-messages", "-id"], name="issue_messages"),
        ),
    ]
