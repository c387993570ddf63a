"""The real worker among hosts that never answer: others are heard, and no host is hurried."""

import itertools
import subprocess
import sys
import time

from tests.house import House
from tests.servers.misbehaving import item, misbehaving, rss

SOURCES = """
from django.utils import timezone
from tingda.collect.models import Source
from tingda.collect.sources.gate import host_of
now = timezone.now()
for number, address in enumerate({addresses!r}):
    Source.objects.create(kind="feed", name=f"来源{{number}}", address=address,
                          host=host_of(address), next_due=now)
"""
HEARD = "from tingda.collect.models import Check\nprint(Check.objects.filter(added=1).count())"


def test_hosts_that_never_answer_hold_up_nobody_and_no_host_is_hurried(house: House) -> None:
    with misbehaving("0.0.0.0") as world:
        port = world.address.rsplit(":", 1)[1]
        silent = [f"127.0.1.{n}:{port}" for n in range(1, 31)]
        good = [f"127.0.2.{n}:{port}" for n in range(1, 11)]
        one = f"127.0.3.1:{port}"
        addresses = [f"http://{host}/silent" for host in silent]
        addresses += [f"http://{host}/feed" for host in good]
        addresses += [f"http://{one}/one/{n}" for n in range(5)]
        for path in ("/feed", *(f"/one/{n}" for n in range(5))):
            world.feeds[path] = rss(item(f"停水通知 {path}", guid=path))
        house.python(SOURCES.format(addresses=addresses))
        told = {"TINGDA_PRIVATE_HOSTS": ",".join([*silent, *good, one]), "TINGDA_HOST_PACE": "1"}
        command = [sys.executable, "-m", "tingda.worker"]
        workers = [subprocess.Popen(command, env=house.environment(**told)) for _n in range(2)]
        try:
            began = time.monotonic()
            while house.python(HEARD) != "15":
                assert time.monotonic() - began < 45, "those that answer had to wait"
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
        times = sorted(at for at, path in world.asked if path.startswith("/one/"))
        assert len(times) == 5  # two workers, and nobody asked twice
        assert min(b - a for a, b in itertools.pairwise(times)) >= 1
