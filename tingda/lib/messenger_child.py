"""The process that hands messages to apprise: one JSON job a line in, one JSON answer a line out.

A process of its own, so that the worker does not carry apprise in memory, a receiver that hangs
can be cut off, and the one door to the network (`socket.getaddrinfo`) can be shut for all of it.
"""

import json
import smtplib
import socket
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from apprise import AppriseAsset, NotifyFormat
from apprise.plugins.base import NotifyBase
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.ntfy import NotifyNtfy
from apprise.plugins.wecombot import NotifyWeComBot
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ConnectTimeout, ReadTimeout, RequestException, SSLError
from urllib3.exceptions import NameResolutionError, NewConnectionError

from tingda.lib.addresses import is_public

MOST_ANSWER = 64 * 1024  # bytes of an answer that are read
MOST_SAID = 200  # characters of an answer that are passed on
# Robots answer 200 whatever happened; what happened stands under one of these names.
_CODES = ("errcode", "code", "StatusCode")
Job = Mapping[str, Any]


class Private(OSError):
    """The name leads into somebody's own network, and no administrator allowed it."""


@dataclass
class Trip:
    """What is known of one message on its way.

    `why` is a kind of `lib.messenger`; "" says that it arrived.
    """

    host: str = ""
    why: str = "broken"
    said: str = ""
    status: int = 0
    answer: bytes = b""

    def end(self, why: str, said: str = "") -> None:
        """This is how it went."""
        self.why, self.said = why, said


_trip = Trip()


def _shut_the_door(allowed: frozenset[str], own_name: str) -> None:
    resolve = socket.getaddrinfo

    def checked(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        found = resolve(host, port, *rest, **named)
        name = str(host).lower()
        if not {name, f"{name}:{port}", f"[{name}]", f"[{name}]:{port}"}.isdisjoint(allowed):
            return found
        open_to_all = [info for info in found if is_public(str(info[4][0]))]
        if not open_to_all:
            raise Private(name)
        return open_to_all

    socket.getaddrinfo = checked
    # a mail server is not told what this machine is called
    socket.getfqdn = lambda name="": own_name


# --- over HTTP ---


def _watch_requests() -> None:
    send = requests.Session.send

    def watched(self: Any, request: Any, **named: Any) -> Any:
        _trip.host = urlsplit(request.url).hostname or ""
        try:
            answer = send(self, request, **named | {"stream": True})
            body = answer.raw.read(MOST_ANSWER, decode_content=True)
        except RequestException as error:
            _failed(error)
            raise
        except Exception as error:  # the answer broke off while it was read
            _trip.end("silent")
            raise NoConnection(str(error)) from error
        answer._content, answer._content_consumed = body, True
        _trip.status, _trip.answer = answer.status_code, body
        answer.close()
        return answer

    setattr(requests.Session, "send", watched)  # noqa: B010 - a method is replaced on purpose


def _failed(error: RequestException) -> None:
    chain: list[Any] = [error]
    for one in chain:  # grows while it is gone through
        more = (*one.args, one.__cause__, one.__context__, getattr(one, "reason", None))
        chain += [each for each in more if isinstance(each, BaseException) and each not in chain]
    if any(isinstance(one, Private) for one in chain):
        _trip.end("private")
    elif any(isinstance(one, NameResolutionError | socket.gaierror) for one in chain):
        _trip.end("dns")
    elif isinstance(error, SSLError):
        _trip.end("tls")
    elif any(isinstance(one, ConnectTimeout | NewConnectionError) for one in chain):
        _trip.end("connect")
    else:
        _trip.end("silent" if isinstance(error, ReadTimeout) else "broke_off")


def _judge(trip: Trip, *, robot: bool) -> None:
    """What an answer means. A server that says it did not take the message is believed."""
    answer = trip.answer
    if not 200 <= trip.status < 300:
        trip.end("status", _text(answer))
        return
    if not robot:
        trip.end("")
        return
    try:
        told = json.loads(answer)
        code = next(told[name] for name in _CODES if name in told)
    except (ValueError, TypeError, StopIteration):
        trip.end("strange", _text(answer))
        return
    if code == 0:
        trip.end("")
    else:
        trip.end("said", f"{code} {told.get('errmsg') or told.get('msg') or ''}".strip())


def _text(answer: bytes) -> str:
    return " ".join(answer.decode("utf-8", "replace").split())[:MOST_SAID]


# --- over SMTP ---


def _watch_smtp() -> None:
    for name, why in (("connect", "connect"), ("starttls", "tls"), ("login", "signin"),
                      ("mail", "said"), ("rcpt", "said"), ("data", "said")):  # fmt: skip
        setattr(smtplib.SMTP, name, _watched_step(getattr(smtplib.SMTP, name), name, why))


def _watched_step(step: Callable[..., Any], name: str, why: str) -> Callable[..., Any]:
    def watched(self: Any, *rest: Any, **named: Any) -> Any:
        _trip.host = self._host if name != "connect" else str(rest[0] if rest else self._host)
        try:
            code, said = step(self, *rest, **named)
        except smtplib.SMTPResponseException as error:
            _trip.end(why, _smtp_said(error.smtp_code, error.smtp_error))
            raise
        except Exception as error:
            _trip.end("broke_off" if name == "data" else _kind(error, why), str(error)[:MOST_SAID])
            raise
        if code >= 400:
            _trip.end(why, _smtp_said(code, said))
        elif name == "data":
            _trip.end("")
        return code, said

    return watched


def _kind(error: Exception, otherwise: str) -> str:
    if isinstance(error, Private):
        return "private"
    if isinstance(error, socket.gaierror):
        return "dns"
    return "tls" if isinstance(error, ssl.SSLError) else otherwise


def _smtp_said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:MOST_SAID]


# --- kinds ---

_ASSET = AppriseAsset(
    app_id="Tingda", app_desc="Tingda", app_url="", image_url_mask="", image_url_logo=""
)


def _common(job: Job) -> dict[str, Any]:
    seconds = job["seconds"]
    return {"asset": _ASSET, "redirect": False, "rto": seconds, "cto": seconds / 2}


def _place(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    host = parts.hostname or ""
    return {
        "host": f"[{host}]" if ":" in host else host,
        "port": parts.port,
        "secure": parts.scheme == "https",
    }


def _email(job: Job) -> NotifyBase:
    server = job["server"]
    made = NotifyEmail(
        **_common(job),
        host=server["sender"].partition("@")[2],
        smtp_host=server["host"],
        port=server["port"],
        secure_mode={"tls": "ssl", "starttls": "starttls", "plain": "insecure"}[server["security"]],
        from_addr=server["sender"],
        targets=job["fields"]["address"],
        headers={"Auto-Submitted": "auto-generated", "X-Tingda-Key": job["key"]},
    )
    # set, and not passed: what is passed is unquoted
    made.from_addr = [server["name"], server["sender"]]
    made.user, made.password = server["user"] or None, server["password"] or None
    return made


def _wecom(job: Job) -> NotifyBase:
    return NotifyWeComBot(**_common(job), key=job["fields"]["key"])


def _dingtalk(job: Job) -> NotifyBase:
    fields = job["fields"]
    made = NotifyDingTalk(**_common(job), token=fields["token"], secret=fields["secret"] or None)
    sign: Callable[[], tuple[str, str]] = made.get_signature

    def quoted_once() -> tuple[str, str]:
        """Quoted here and again when the address is put together, no signature would be right."""
        timestamp, signature = sign()
        return timestamp, unquote(signature)

    setattr(made, "get_signature", quoted_once)  # noqa: B010 - a method is replaced on purpose
    return made


def _feishu(job: Job) -> NotifyBase:
    if job["fields"]["house"] == "lark":
        return NotifyLark(**_common(job), token=job["fields"]["token"])
    return NotifyFeishu(**_common(job), token=job["fields"]["token"])


def _ntfy(job: Job) -> NotifyBase:
    fields = job["fields"]
    signed = {"auth": "token", "token": fields["token"]} if fields["token"] else {}
    return NotifyNtfy(
        **_common(job),
        **_place(fields["server"]),
        **signed,
        mode="private",
        targets=[fields["topic"]],
        include_image=False,
        click=job["link"],
        priority="high" if job["urgent"] else None,
    )


def _webhook(job: Job) -> NotifyBase:
    parts = urlsplit(job["fields"]["url"])
    token = job["fields"]["token"]
    return NotifyJSON(
        **_common(job),
        **_place(job["fields"]["url"]),
        fullpath=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        headers={"Authorization": f"Bearer {token}"} if token else {},
        payload={"attachments": "", "key": job["key"], "link": job["link"]},
    )


_KINDS: dict[str, Callable[[Job], NotifyBase]] = {
    "email": _email,
    "wecom": _wecom,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
    "ntfy": _ntfy,
    "webhook": _webhook,
}
_ROBOTS = ("wecom", "dingtalk", "feishu")


def carry(job: Job) -> dict[str, Any]:
    """Hand one message over, and say how it went."""
    global _trip  # one message at a time; the watchers write here what they see
    trip = _trip = Trip()
    try:
        apprise = _KINDS[job["kind"]](job)
        apprise.request_rate_per_sec = 0  # the pace is kept by who asks us
        apprise.notify(title=job["title"], body=job["body"], body_format=NotifyFormat.TEXT)
    except Exception as error:  # a field that apprise does not take
        trip.end("broken", type(error).__name__)
    if trip.status:
        _judge(trip, robot=job["kind"] in _ROBOTS)
    return {"host": trip.host, "why": trip.why, "said": trip.said, "status": trip.status}


def main() -> None:
    """Answer jobs until nobody asks any more. The first line says what holds for all of them."""
    told = json.loads(sys.stdin.readline())
    _shut_the_door(frozenset(told["allowed_hosts"]), told["own_name"])
    _watch_requests()
    _watch_smtp()
    sys.stdout.write("{}\n")  # ready: from here on, who is asked may have done it
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(carry(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
