"""Spreadsheets on their way in."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from tingda.collect import rules
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Import
from tingda.collect.queries import imports_folder, sample_of, sample_path
from tingda.collect.sources.hearing import source_name_of
from tingda.collect.sources.table.intake import CLAIM, Intake, Progress, forget_file
from tingda.collect.sources.table.read import take_sample
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.tables import open_table
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

KEPT = timedelta(days=1)  # how long an upload that nobody confirmed waits


@transaction.atomic
def begin_import(
    path: Path,
    name: str,
    *,
    source_name: str,
    mapping: Mapping[str, str],
    by: Person | None,
    now: datetime,
) -> Import:
    """Look into a table; nothing of it is heard yet. `mapping` is {column: field} as a person
    said it, for what the names of the columns do not tell.

    A file in `imports_folder()` is ours: it is shown before it is heard, and deleted afterwards.
    """
    table = open_table(path)
    uploaded = path.parent == imports_folder()
    file = f"imports/{path.name}" if uploaded else str(path)
    if len(file) > 280:  # the name of the rejects file must fit as well
        raise Refused(_("文件的路径太长"))
    import_ = Import.objects.create(
        file=file,
        name=rules.storable(name)[:200],
        source_name=source_name_of(source_name),
        mapping=rules.recognise(table.columns, mapping),
        by=by,
        made_at=now,
        size=table.size,
    )
    if uploaded:
        sample_path(import_).write_text(json.dumps(take_sample(table)), "utf-8")
    return import_


@transaction.atomic
def confirm_import(
    import_: Import, mapping: Mapping[str, str], source_name: str, *, by: Person, now: datetime
) -> Import:
    """Let it be heard, with each column as a person says: {column: field, or "" for none}.

    Pressed twice it is confirmed once.
    """
    by.must("hear")
    columns = sample_of(import_)["columns"]
    chosen = rules.recognise(columns, mapping)
    rules.require_words(chosen, columns)
    waiting = Import.objects.filter(pk=import_.pk, state=Import.State.PREVIEW)
    name = source_name_of(source_name)
    if waiting.update(state=Import.State.DUE, mapping=chosen, source_name=name):
        _line("import.started", f"import:{import_.pk}", by, now, {"name": import_.name})
    import_.refresh_from_db()
    return import_


def drop_import(import_: Import) -> None:
    """Forget a table that was looked at and not confirmed: nothing of it was kept."""
    if Import.objects.filter(pk=import_.pk, state=Import.State.PREVIEW).delete()[0]:
        forget_file(import_)


def import_due(*, now: datetime) -> int:
    """Hear one table that waits or whose process died; how many were heard."""
    for stale in Import.objects.filter(state=Import.State.PREVIEW, made_at__lt=now - KEPT):
        drop_import(stale)
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    states = [Import.State.DUE, Import.State.RUNNING]
    row = Import.objects.filter(free, state__in=states).order_by("id").first()
    if row is None or not _claim(row, now):
        return 0
    Intake(row, hear, now).carry_in(lambda _row: None)
    return 1


def run_import(import_: Import, *, now: datetime, on_progress: Progress | None = None) -> Import:
    """Hear a table now. One that was broken off goes on where it stopped.

    What went wrong is in `state`, `error` and `error_params`. Refused only where another process
    was quicker to take it.
    """
    if not _claim(import_, now):
        raise Refused(_("这份表格正由另一个进程导入"))
    Intake(import_, hear, now).carry_in(on_progress or (lambda _row: None))
    return import_


@transaction.atomic
def _claim(row: Import, now: datetime) -> bool:
    """Take it, unless somebody did since it was read. Who had it before is shut out by this."""
    as_read = Import.objects.filter(pk=row.pk, state=row.state, claimed_until=row.claimed_until)
    claim = {"state": Import.State.RUNNING, "claimed_until": now + CLAIM}
    if not as_read.update(**claim):
        return False
    if row.state == Import.State.PREVIEW:  # from the command line, which asks nobody
        _line("import.started", f"import:{row.pk}", row.by, now, {"name": row.name})
    vars(row).update(claim)
    return True


def _line(
    verb: str, subject: str, by: Person | None, now: datetime, data: Mapping[str, object]
) -> None:
    record(verb, subject, actor=actor_name(by), now=now, data=data)
