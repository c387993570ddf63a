"""The database refuses to change or delete a ledger line, whoever asks."""

from django.db import migrations

SQLITE = [
    """
    CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger_line
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END
    """,
    """
    CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger_line
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END
    """,
]
POSTGRESQL = [
    """
    CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the ledger only grows' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON ledger_line
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse()
    """,
    """
    CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger_line
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()
    """,
]


def protect(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in SQLITE if vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_tables")]
    operations = [migrations.RunPython(protect, migrations.RunPython.noop)]
