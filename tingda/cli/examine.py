"""`tingda doctor`: what is wrong with this installation, in plain words, and how to mend it."""

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from tingda.analyse.queries.sorting import sorter
from tingda.cli.ready import database_state
from tingda.cli.up import port_is_free
from tingda.duty.queries import worker_seen
from tingda.duty.rules import is_silent
from tingda.ledger.models import Line
from tingda.lib import present
from tingda.lib.fonts import chinese_font_present
from tingda.web.words import said

MIN_FREE = 500 * 2**20


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `remedy` is empty when it is well."""

    what: str
    well: bool
    remedy: str = ""


def _folder() -> Finding:
    home = Path(settings.HOME)
    what = _("数据文件夹 %(folder)s") % {"folder": home}
    probe = home / f".doctor.{os.getpid()}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        remedy = _("不能写（%(error)s）。请改文件夹的权限，或用 TINGDA_HOME=… 换一个")
        return Finding(what, False, remedy % {"error": error.strerror})
    if shutil.disk_usage(home).free < MIN_FREE:
        return Finding(what, False, _("磁盘剩余不到 500 MB。请清理磁盘或换到大一点的盘"))
    return Finding(what, True)


def _secrets() -> Finding:
    folder = Path(settings.HOME) / "secrets"
    files = folder.glob("*") if folder.is_dir() else []
    loose = [file.name for file in files if file.stat().st_mode & 0o077]
    if loose:
        remedy = _("别的用户也能读 %(files)s。请运行 chmod 600")
        return Finding(_("密钥文件"), False, remedy % {"files": ", ".join(loose)})
    return Finding(_("密钥文件"), True)


def _port() -> Finding:
    what = _("端口 %(port)s") % {"port": settings.PORT}
    if port_is_free(settings.HOST, settings.PORT):
        return Finding(what, True)
    try:
        ours = not is_silent(worker_seen(), present.now())
    except DatabaseError:
        ours = False
    if ours:
        return Finding(_("端口 %(port)s：听答正在运行") % {"port": settings.PORT}, True)
    return Finding(what, False, _("已被别的程序占用。请停掉它，或用 PORT=… 换一个"))


def _clock() -> Finding:
    """The clock is off when it is before the code was made, or behind the newest ledger line."""
    what = _("时钟 %(now)s") % {"now": f"{timezone.localtime(present.now()):%Y-%m-%d %H:%M %Z}"}
    remedy = _("比台账里最后一行还早，或明显不对。请校准时间（如 timedatectl set-ntp true）")
    code_made = Path(__file__).stat().st_mtime
    try:
        last = Line.objects.order_by("-number").values_list("at", flat=True).first()
    except DatabaseError:
        last = None
    newest = max(code_made, last.timestamp() if last else 0)
    return Finding(what, time.time() > newest - 120, remedy)


def _font() -> Finding:
    remedy = _("没有中文字体，Word 里的图会缺字。请安装一种，如 apt install fonts-noto-cjk")
    return Finding(_("中文字体"), chinese_font_present(), remedy)


def _database() -> Finding:
    what = _("数据库")
    try:
        state = database_state()
    except DatabaseError as error:
        remedy = _("打不开（%(error)s）。请检查 DATABASE_URL；文件损坏请用备份恢复")
        return Finding(what, False, remedy % {"error": str(error).strip()})
    remedies = {
        "newer": _("数据库比程序新。请升级程序，或用升级前的备份"),
        "older": _("数据库比程序旧。运行 tingda up 会自动升级，升级前请备份数据文件夹"),
    }
    return Finding(what, state not in remedies, remedies.get(state, ""))


def _sqlite() -> Finding:
    what = f"SQLite {sqlite3.sqlite_version}"
    with sqlite3.connect(":memory:") as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
        except sqlite3.OperationalError:
            return Finding(what, False, _("没有全文检索（FTS5）。请换带 FTS5 的 Python"))
    return Finding(what, True)


def _model() -> Finding:
    what = _("分类的模型")
    try:
        trouble = sorter().trouble
    except DatabaseError:  # told by another check
        return Finding(what, True)
    if trouble is None:
        return Finding(what, True)
    remedy = _("%(trouble)s。先按主题词分；请在“设置 · 分类”里点“现在学一次”，或换回别的一版")
    return Finding(what, False, remedy % {"trouble": said(trouble)})


CHECKS: tuple[Callable[[], Finding], ...] = (
    _folder,
    _secrets,
    _port,
    _clock,
    _font,
    _database,
    _sqlite,
    _model,
)


@click.command()
def doctor() -> None:
    """哪里不对，怎么修。 What is wrong with this installation, and how to mend it."""
    findings = [check() for check in CHECKS]
    for finding in findings:
        click.echo(f"{'✓' if finding.well else '✗'} {finding.what}")
        if not finding.well:
            click.echo(f"    {finding.remedy}")
    sys.exit(0 if all(finding.well for finding in findings) else 1)
