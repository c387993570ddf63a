"""Watches speak the language of rules; each old one becomes a rule that marks the same voices."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from tingda.lib.watching.plain import rules_of_words


def _to_rules(apps, editor):
    Watch = apps.get_model("analyse", "Watch")
    WatchVersion = apps.get_model("analyse", "WatchVersion")
    now = timezone.now()

    def keep(watch):
        watch.save()
        WatchVersion.objects.create(
            watch=watch, number=1, rule=watch.rule, by_id=watch.owner_id, at=now
        )

    for watch in list(Watch.objects.order_by("id")):
        rules = rules_of_words(watch.rule.splitlines())
        if rules:
            watch.rule = rules[0]
        else:  # signs only: it never marked anything, and stays to be mended
            watch.active = False
        keep(watch)
        for number, rule in enumerate(rules[1:], start=2):  # too long for one
            name = f"{watch.name[:90]} {number}"
            while Watch.objects.filter(name=name).exists():
                number += 1
                name = f"{watch.name[:90]} {number}"
            keep(Watch(name=name, rule=rule, owner_id=watch.owner_id, active=watch.active))


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
        migrations.RunPython(_to_rules, migrations.RunPython.noop),
    ]
