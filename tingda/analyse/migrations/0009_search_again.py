"""The index holds other words than before: no names called with @, hosts for links, emoji.

What is taken out of SQLite's index must be what was put in, so all of it is put in anew.
"""

from django.db import migrations

from tingda.lib.search import pairs, tsvector

_CHUNK = 1000


def put_in_again(apps, schema_editor):
    """All voices that were read, by the words they were read with."""
    connection = schema_editor.connection
    read = apps.get_model("analyse", "Reading").objects.order_by("voice_id")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO analyse_search (analyse_search) VALUES ('delete-all')")
        else:
            cursor.execute("DELETE FROM analyse_search")
        last = -1
        while rows := list(
            read.filter(voice_id__gt=last).values_list(
                "voice_id", "edits", "voice__title", "voice__text"
            )[:_CHUNK]
        ):
            last = rows[-1][0]
            cursor.executemany(_insert(connection), list(_words(apps, connection, rows)))


def _insert(connection):
    kind = "%s" if connection.vendor == "sqlite" else "%s::tsvector"
    return f"INSERT INTO analyse_search (rowid, pairs) VALUES (%s, {kind})"  # noqa: S608 - kind


def _words(apps, connection, rows):
    before = {}
    edits = apps.get_model("collect", "Edit").objects.filter(voice__in=[row[0] for row in rows])
    for edit in edits.order_by("id"):
        before.setdefault(edit.voice_id, []).append((edit.title, edit.text))
    for voice, number, *said in rows:
        earlier = before.get(voice, [])
        title, text = earlier[number] if number < len(earlier) else said
        words = pairs(f"{title}\n{text}")
        yield voice, words if connection.vendor == "sqlite" else tsvector(words)


class Migration(migrations.Migration):
    dependencies = [("analyse", "0008_intents_taught"), ("collect", "0004_told_topic")]
    operations = [migrations.RunPython(put_in_again, migrations.RunPython.noop)]
