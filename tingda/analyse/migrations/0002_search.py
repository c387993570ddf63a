"""Full text as overlapping character pairs, exact for two-character words on both databases."""

from django.db import migrations

SQLITE = [
    """
    CREATE VIRTUAL TABLE analyse_search USING fts5(
        pairs, content='', tokenize='unicode61 remove_diacritics 0')
    """,
]
POSTGRESQL = [
    "CREATE TABLE analyse_search (rowid bigint PRIMARY KEY, pairs tsvector NOT NULL)",
    "CREATE INDEX analyse_search_pairs ON analyse_search USING gin (pairs)",
]


def make(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in SQLITE if vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("analyse", "0001_tables")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
