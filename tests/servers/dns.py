"""A real DNS server that gives each question the next of its answers, the last one for ever."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rdatatype
import dns.rrset


@dataclass
class Names:
    """The answers by name, and the names that were asked for."""

    port: int = 0
    answers: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, wire: bytes) -> bytes:
        """The answer to one question, with a time to live of nothing."""
        question = dns.message.from_wire(wire)
        name = question.question[0].name
        text = name.to_text(omit_final_dot=True)
        self.asked.append(text)
        reply = dns.message.make_response(question)
        reply.flags |= dns.flags.AA
        left = self.answers[text]
        address = left.pop(0) if len(left) > 1 else left[0]
        reply.answer.append(dns.rrset.from_text(name, 0, "IN", "A", address))
        return reply.to_wire()

    def resolve(self, host: str, port: int, **_rest: object) -> list[tuple[object, ...]]:
        """`socket.getaddrinfo`, asking this server over the network."""
        question = dns.message.make_query(host, dns.rdatatype.A)
        reply = dns.query.udp(question, "127.0.0.1", port=self.port, timeout=2)
        addresses = [record.address for rrset in reply.answer for record in rrset]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]


@contextmanager
def name_server(**answers: list[str]) -> Iterator[Names]:
    """Serve these names (`rebind_test` is rebind.test)."""
    names = Names(answers={key.replace("_", "."): list(value) for key, value in answers.items()})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        names.port = sock.getsockname()[1]
        stop = threading.Event()
        sock.settimeout(0.05)

        def serve() -> None:
            while not stop.is_set():
                try:
                    wire, asker = sock.recvfrom(4096)
                except TimeoutError:
                    continue
                sock.sendto(names.answer(wire), asker)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield names
        stop.set()
        thread.join()
