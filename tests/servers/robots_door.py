"""The carrying process, in a world in which the robots' names lead to a port of this machine."""

import socket
import sys

from tests.servers.receivers import ROBOTS

_resolve = socket.getaddrinfo


def _here(host, port, *rest, **named):
    if host in ROBOTS:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(sys.argv[1])))]
    return _resolve(host, port, *rest, **named)


socket.getaddrinfo = _here

from tingda.lib.messenger_child import main  # noqa: E402 - after the names were changed

main()
