"""Each old watch becomes a rule that marks the same voices; its marks stay."""

from django.db import migrations
from django.utils import timezone


def _to_rules(apps, editor):
    # Every start of the product loads its migrations, and hardly any runs this one.
    from tingda.lib.watching.plain import rules_of_words  # noqa: PLC0415

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
    # apart from 0004: PostgreSQL changes no table in which rows have just been written
    dependencies = [("analyse", "0004_watch_rules")]

    operations = [migrations.RunPython(_to_rules, migrations.RunPython.noop)]
