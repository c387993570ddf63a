"""`tingda import`: a table from the command line, from the file to the issues."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tingda.analyse.actions.reading import read_due
from tingda.collect.actions.tables import begin_import, run_import
from tingda.collect.models import Import
from tingda.collect.queries import unfinished_import
from tingda.collect.rules import parse_map
from tingda.collect.sources.table.intake import Progress
from tingda.detect.actions.gathering import gather_due
from tingda.lib import present
from tingda.lib.refusal import Refused


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", default="", help="这些声音来自哪里 / where these voices come from")
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="列名=项",
    help="指明一列是什么，可多次 / say what a column is: column=field",
)
@click.option("--json", "as_json", is_flag=True, help="报告为 JSON / report as JSON")
def import_(file: Path, source: str, pairs: tuple[str, ...], as_json: bool) -> None:
    """导入表格（CSV、XLSX、JSONL）。 Import a table; importing it again adds nothing twice."""
    began, path = time.perf_counter(), file.absolute()
    now, mapping = present.now(), parse_map(pairs)
    row = begin_import(path, file.name, source_name=source, mapping=mapping, by=None, now=now)
    broken_off = unfinished_import(row)
    if broken_off:
        row.delete()
        row = broken_off
    with _progress(row, shown=not as_json and sys.stderr.isatty()) as tell:
        run_import(row, now=now, on_progress=tell)
    if row.state == Import.State.FAILED:
        raise Refused(row.error, **row.error_params)
    _understand(quiet=as_json)
    seconds = round(time.perf_counter() - began, 2)
    if as_json:
        click.echo(json.dumps(_report(row) | {"seconds": seconds}, ensure_ascii=False))
        return
    for line in _in_words(row, seconds):
        click.echo(line)


def _report(row: Import) -> dict[str, object]:
    return {
        "read": row.read,
        "added": row.added,
        "repeated": row.repeated,
        "rejected": row.rejected,
        "rejects_file": row.rejects_file or None,
    }


@contextmanager
def _progress(row: Import, *, shown: bool) -> Iterator[Progress | None]:
    if not shown:
        yield None
        return
    with click.progressbar(length=max(row.size, 1), label=row.name, file=sys.stderr) as bar:

        def tell(now: Import) -> None:
            bar.update(now.position - bar.pos)

        yield tell


def _understand(*, quiet: bool) -> None:
    """Read and group what is owed; a worker that runs may do its part of it."""
    if not quiet:
        click.echo(_("正在研读和归并…"), err=True)
    while read_due(now=present.now()) + gather_due(now=present.now()):
        pass


def _in_words(row: Import, seconds: float) -> Iterator[str]:
    yield ngettext("读到 %(n)s 行", "读到 %(n)s 行", row.read) % {"n": row.read}
    yield _("新增 %(added)s 条，已有 %(repeated)s 条，退回 %(rejected)s 行") % vars(row)
    if row.rejects_file:
        yield _("退回的行和原因在：%(file)s。改好后导入这个文件即可") % {"file": row.rejects_file}
    if "topic" in row.mapping:
        sorting = f"{settings.ADDRESS}/desk/settings/sorting/"
        yield _("表里有分类。分得怎样，在：%(address)s") % {"address": sorting}
    address = f"{settings.ADDRESS}/desk/issues/"
    yield _("用时 %(seconds)s 秒。议题在：%(address)s") % {"seconds": seconds, "address": address}
