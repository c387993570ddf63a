"""Thousands of hosts on this machine for `tingda bench collect`, good, slow and broken ones.

Every address in 127.0.0.0/8 is this machine, so each host has an address of its own and one
process answers for all. It notes when each host was asked: that is what pacing is judged by.
"""

import asyncio
import json
import sys
from collections import defaultdict
from contextlib import suppress
from email.utils import format_datetime
from itertools import pairwise

from tingda.lib import present

FEEDS_A_HOST, CROWDED_HOSTS, FEEDS_A_CROWDED_HOST = 4, 20, 50
BROKEN = ("refused", "http_500", "cut", "page", "silent")
REPORT = "/report"


def kind_of(feed: int) -> str:
    """How the server of a feed behaves: eight of ten well, one slow, one broken."""
    if feed % 10 == 8:
        return "slow"
    return BROKEN[feed // 10 % len(BROKEN)] if feed % 10 == 9 else "well"


def host_of(feed: int) -> str:
    """The address of its host: some hosts have many feeds, most have a few."""
    crowd = CROWDED_HOSTS * FEEDS_A_CROWDED_HOST
    if feed < crowd:
        number = feed % CROWDED_HOSTS
    else:
        number = CROWDED_HOSTS + (feed - crowd) // FEEDS_A_HOST
    return f"127.{1 + number // 65536}.{number // 256 % 256}.{number % 256}"


def hosts_of(feeds: int) -> list[str]:
    """All hosts of so many feeds, each once."""
    return list(dict.fromkeys(host_of(feed) for feed in range(feeds)))


class Hosts:
    """The one process that answers for all of them."""

    def __init__(self) -> None:
        self.asked: dict[str, list[float]] = defaultdict(list)
        self.under_way: dict[str, int] = defaultdict(int)
        self.most = 0

    async def serve(self) -> None:
        """Answer until the process is ended; the port is the first line of the output."""
        server = await asyncio.start_server(self._answer, "0.0.0.0", 0, backlog=2000)  # noqa: S104 - all of 127/8
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        async with server:
            await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, IndexError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ")[1]
            if path == REPORT:
                await self._send(writer, 200, json.dumps(self.report()).encode())
                return
            host = head.partition("Host: ")[2].partition("\r\n")[0].partition(":")[0]
            self.asked[host].append(asyncio.get_running_loop().time())
            self.under_way[host] += 1
            self.most = max(self.most, self.under_way[host])
            gone = asyncio.ensure_future(reader.read(1))  # ends when the asker hangs up
            say = asyncio.ensure_future(self._say(writer, int(path.rsplit("/", 1)[1])))
            try:
                await asyncio.wait({say, gone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                say.cancel()
                gone.cancel()
                self.under_way[host] -= 1
        writer.close()

    async def _say(self, writer: asyncio.StreamWriter, feed: int) -> None:
        kind = kind_of(feed)
        if kind == "silent":
            await asyncio.sleep(60)
        if kind == "slow":
            await asyncio.sleep(4 + feed % 12)
        body = _feed(feed)
        if kind == "page":
            body = b"<!doctype html><html><body>maintenance</body></html>"
        if kind == "cut":
            body = body[:120]
        await self._send(writer, 500 if kind == "http_500" else 200, body)

    async def _send(self, writer: asyncio.StreamWriter, status: int, body: bytes) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/xml\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    def report(self) -> dict[str, float]:
        """The closest two requests to one host ever came, in seconds, and the most at once."""
        gaps = [
            later - earlier for times in self.asked.values() for earlier, later in pairwise(times)
        ]
        return {
            "requests": sum(map(len, self.asked.values())),
            "closest_seconds": round(min(gaps, default=0.0), 3),
            "most_at_once": self.most,
        }


def _feed(feed: int) -> bytes:
    items = "".join(
        f"<item><guid>{feed}-{n}</guid><title>第 {feed} 个来源的第 {n} 条通知</title>"
        f"<description>第 {feed} 处第 {n} 段道路施工，请绕行</description></item>"
        for n in range(3)
    )
    # a stamp as many feeds carry one: never byte for byte the same
    stamp = f"<lastBuildDate>{format_datetime(present.now())}</lastBuildDate>"
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>来源 {feed}</title>'
        f"{stamp}{items}</channel></rss>"
    ).encode()


if __name__ == "__main__":
    asyncio.run(Hosts().serve())
