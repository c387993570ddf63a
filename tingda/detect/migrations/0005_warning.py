"""Heat of issues; the life of alerts; what both go by."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def begin(apps, schema_editor):
    """One row to go by; whoever confirmed an alert knew of it."""
    apps.get_model("detect", "Gauge").objects.get_or_create(pk=1)
    alerts = apps.get_model("detect", "Alert").objects
    alerts.update(suggested=F("colour"))
    known = alerts.filter(confirmed_at__isnull=False)
    known.update(acknowledged_at=F("confirmed_at"), acknowledged_by=F("confirmed_by"))


class Migration(migrations.Migration):
    dependencies = [
        ("analyse", "0009_search_again"),
        ("detect", "0004_proposals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round", models.PositiveIntegerField(default=1)),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("raised", "提出"),
                            ("level", "升级"),
                            ("acknowledged", "知道了"),
                            ("confirmed", "确认"),
                            ("changed", "改变颜色"),
                            ("escalated", "通知更多人"),
                            ("ended", "结束"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "colour",
                    models.CharField(
                        choices=[
                            ("red", "红色"),
                            ("orange", "橙色"),
                            ("yellow", "黄色"),
                            ("blue", "蓝色"),
                        ],
                        max_length=8,
                    ),
                ),
                ("by_growth", models.BooleanField(default=False)),
                ("wrong", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "verbose_name": "预警的经过",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Gauge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("weights", models.JSONField(default=dict)),
                ("levels", models.JSONField(default=list)),
                ("minutes", models.JSONField(default=dict)),
                ("per_week", models.PositiveSmallIntegerField(default=2)),
                ("usual", models.JSONField(default=dict)),
                ("growth", models.BinaryField(default=bytes)),
                ("days", models.PositiveIntegerField(default=0)),
                ("learnt_at", models.DateTimeField(null=True)),
                ("judged_at", models.DateTimeField(null=True)),
                ("judged_stamp", models.BigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "预警的规矩",
            },
        ),
        migrations.AddField(
            model_name="alert",
            name="acknowledged_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="acknowledged_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="by_growth",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="alert",
            name="ended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="ended_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="next_due",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="noise",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="alert",
            name="doubted",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="alert",
            name="reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="理由"),
        ),
        migrations.AddField(
            model_name="alert",
            name="round",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="alert",
            name="since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="step",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="alert",
            name="suggested",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name="issue",
            name="growth",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="issue",
            name="heat",
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name="issue",
            name="heat_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="issue",
            name="heat_due",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="issue",
            name="heat_owed",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="issue",
            name="heat_parts",
            field=models.JSONField(default=dict),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["raised_at"], name="alert_standing"
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("next_due__isnull", False)),
                fields=["next_due"],
                name="alert_due",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["-ended_at"], name="alert_ended"),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(fields=["state", "-heat", "-id"], name="issue_heat"),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(fields=["heat_due"], name="issue_heat_due"),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(
                condition=models.Q(("heat_owed", True)), fields=["id"], name="issue_heat_owed"
            ),
        ),
        migrations.AddField(
            model_name="alertstep",
            name="alert",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="detect.alert"
            ),
        ),
        migrations.AddField(
            model_name="alertstep",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="gauge",
            constraint=models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_gauge"),
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
