"""Hands messages to other people's servers through apprise, which lives in a process of its own."""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal

from tingda.lib.exercise import exercise
from tingda.lib.words import mark as _

State = Literal["sent", "again", "doubt", "held"]
_STARTS_IN = 30.0  # seconds; a busy machine takes its time to load it
_COMMAND = (sys.executable, "-m", "tingda.lib.messenger_child")
# No proxy, no .netrc, no settings of ours: only what finds Python and the trusted authorities.
_KEPT = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")

SENTENCES = {
    "private": _("%(host)s 是内部网络地址，不能访问。确需访问时请管理员把它加入允许的主机"),
    "dns": _("找不到 %(host)s。请检查地址是否写错，或稍后再试"),
    "connect": _("连不上 %(host)s。会自动再试，也请核对地址"),
    "tls": _("%(host)s 的安全证书有问题，没有发送。请核对地址，或联系对方更新证书"),
    "signin": _("%(host)s 没有让我们登录。请检查用户名和密码。对方说：%(said)s"),
    "status": _("%(host)s 回答 %(status)s，没有收下。对方说：%(said)s"),
    "said": _("%(host)s 没有收下。对方说：%(said)s"),
    "broken": _("没有发出去：填写的内容不能用（%(said)s）。请去掉这个通知方式，重新添加"),
    "silent": _("%(host)s 收了没有回话，不知道送到没有"),
    "broke_off": _("和 %(host)s 的连接中途断了，不知道送到没有"),
    "strange": _("%(host)s 的回答看不懂，不知道送到没有。对方说：%(said)s"),
    "cut_off": _("发送用的时间太长，停了下来，不知道送到没有"),
    "unstarted": _("发送程序没有启动。请管理员检查听答是否装全（requirements.lock）"),
    "unset": _("还没有发信服务器。请管理员在“设置 · 通知”里填写"),
    "drill": _("演练中不往外发，只记下来"),
    "unsealed": _("密钥解不开：密钥文件换过了。请去掉这个通知方式，重新添加"),
}
_DOUBTFUL = ("silent", "broke_off", "strange", "cut_off")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went: it arrived, it surely did not (`again`), or nobody knows (`doubt`). In a drill
    it was kept back (`held`).

    `message` is a msgid with `params`, empty where it arrived.
    """

    state: State
    message: str = ""
    params: Mapping[str, object] = field(default_factory=dict)


def failed(why: str, **params: object) -> Outcome:
    """An outcome by its kind in SENTENCES."""
    return Outcome("doubt" if why in _DOUBTFUL else "again", SENTENCES[why], params)


def held() -> Outcome | None:
    """What becomes of every message in a drill; None where messages go out."""
    return Outcome("held", SENTENCES["drill"]) if exercise() is not None else None


class Messenger:
    """One carrying process, started with the first message and ended at the end of the block.

    A message that takes longer than `patience` seconds ends the process; the next begins another.
    """

    def __init__(
        self, *, allowed_hosts: Collection[str] = (), own_name: str, patience: float = 15.0
    ) -> None:
        self._told: dict[str, object] = {
            "allowed_hosts": sorted(host.lower() for host in allowed_hosts),
            "own_name": own_name,
        }
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Messenger":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def send(self, job: Mapping[str, object]) -> Outcome:
        """Hand over one message: kind, fields, key, title, body, link, urgent; server for e-mail.

        Secrets among the fields are struck out of what the other side says.
        """
        if (kept_back := held()) is not None:
            return kept_back
        try:
            self._process = self._process or self._start()
        except (OSError, TimeoutError):
            return failed("unstarted")
        try:
            answer = self._ask({**job, "seconds": self._patience / 2})
        except (OSError, TimeoutError):
            self._end()
            return failed("cut_off")
        why = str(answer["why"])
        if not why:
            return Outcome("sent")
        host, status = answer["host"], answer["status"]
        return failed(why, host=host, status=status, said=_without(job, str(answer["said"])))

    def _ask(self, job: Mapping[str, object]) -> dict[str, object]:
        if self._process is None:
            raise BrokenPipeError("no process to ask")
        return _asked(self._process, job, self._patience)

    def _start(self) -> "subprocess.Popen[bytes]":
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own file
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # apprise warns with keys in its sentences
            env=kept | {"NETRC": os.devnull},
        )
        try:
            _asked(process, self._told, _STARTS_IN)
        except (OSError, TimeoutError):
            _ended(process)
            raise
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            _ended(process)


def _asked(
    process: "subprocess.Popen[bytes]", line: Mapping[str, object], patience: float
) -> dict[str, object]:
    if process.stdin is None or process.stdout is None:
        raise BrokenPipeError("a process without pipes")
    process.stdin.write(json.dumps(line).encode() + b"\n")
    process.stdin.flush()
    until, answer = time.monotonic() + patience, bytearray()
    while not answer.endswith(b"\n"):
        left = max(until - time.monotonic(), 0)
        if not select.select([process.stdout], [], [], left)[0]:
            raise TimeoutError
        part = os.read(process.stdout.fileno(), 1 << 16)
        if not part:
            raise BrokenPipeError("the carrying process ended")
        answer += part
    found: dict[str, object] = json.loads(answer)
    return found


def _ended(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    with contextlib.suppress(OSError):
        process.communicate()
    process.wait()


def _without(job: Mapping[str, object], said: str) -> str:
    for part in (job.get("fields"), job.get("server")):
        for value in part.values() if isinstance(part, Mapping) else ():
            if isinstance(value, str) and len(value) >= 6:
                said = said.replace(value, "…")
    return said
