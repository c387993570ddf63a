"""`tingda ledger verify`: green, and red after one byte of the database is changed."""

import json
import os

import psycopg

from tests.house import House

FILL = """
from datetime import UTC, datetime
from django.db import transaction
from tingda.ledger.actions import record
with transaction.atomic():
    for n in range(50):
        record("case.opened", f"case:{n}", actor="值班员", now=datetime.now(UTC),
               data={"number": f"2026-{n:04d}", "mark": f"byte-here-{n}"})
"""


def test_one_changed_byte_turns_it_red(house: House) -> None:
    assert house.run("ledger", "verify").returncode == 0
    house.python(FILL)
    green = house.run("ledger", "verify", "--json")
    assert green.returncode == 0, green.stdout
    assert json.loads(green.stdout)["ok"] is True
    _change_one_byte(house)
    red = house.run("ledger", "verify", "--json")
    assert red.returncode == 1
    report = json.loads(red.stdout)
    assert (report["ok"], report["reason"]) == (False, "hash")


def _change_one_byte(house: House) -> None:
    if house.database:
        with psycopg.connect(house.database, autocommit=True) as connection:
            connection.execute("ALTER TABLE ledger_line DISABLE TRIGGER ALL")
            connection.execute(
                "UPDATE ledger_line SET data = replace(data::text, 'byte-here-7\"',"
                " 'byte-hero-7\"')::jsonb WHERE data::text LIKE '%byte-here-7\"%'"
            )
        return
    house.python(
        "from django.db import connection\n"
        "connection.cursor().execute('PRAGMA wal_checkpoint(TRUNCATE)')"
    )
    file = house.home / "tingda.sqlite3"
    content = file.read_bytes()
    place = content.index(b'byte-here-7"')
    with file.open("r+b") as opened:
        opened.seek(place + 8)
        opened.write(b"o")
        os.fsync(opened.fileno())
