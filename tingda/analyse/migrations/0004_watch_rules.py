"""Watches speak the language of rules and have versions; word lists for them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("analyse", "0003_quarantine"),
    ]

    operations = [
        migrations.RenameField("watch", "words", "rule"),
        migrations.AlterField("watch", "rule", models.TextField(verbose_name="规则")),
        migrations.AddField("watchhit", "spans", models.JSONField(default=list)),
        migrations.CreateModel(
            name="WatchVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("rule", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "watch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="analyse.watch",
                    ),
                ),
            ],
            options={
                "verbose_name": "关注的一版",
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("watch", "number"), name="watch_version_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="WordList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=50, unique=True, verbose_name="名字")),
                ("words", models.TextField(verbose_name="词")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="说明")),
            ],
            options={"verbose_name": "名单", "ordering": ["id"]},
        ),
    ]
