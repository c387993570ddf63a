"""Carries one claimed import in, a batch at a time: what was counted is kept, and only that."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils.translation import gettext

from tingda.collect.models import Import, Source
from tingda.collect.queries import rejects_place, sample_path, table_path
from tingda.collect.rules import Entry, require_words
from tingda.collect.sources.hearing import Hear, plain_params, source_name_of
from tingda.collect.sources.table.read import Told, batches
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.rejects import Rejects
from tingda.lib.tables import open_table
from tingda.lib.words import mark as _
from tingda.people.models import actor_name

TABLE = _("导入的表格")
CLAIM = timedelta(minutes=2)  # prolonged with every batch; a killed import is free again then
Progress = Callable[[Import], None]


class Intake:
    """One claimed import on its way in. It has a watch of its own: this may take an hour."""

    def __init__(self, row: Import, hear: Hear, now: datetime) -> None:
        self.row, self.hear, self.start = row, hear, now
        self.began, self.spent = perf_counter(), row.seconds
        self.known: set[str] = set()

    def now(self) -> datetime:
        """The time by the watch."""
        return self.start + timedelta(seconds=perf_counter() - self.began)

    def carry_in(self, tell: Progress) -> None:
        """Hear the whole table. However it ends, the row says how."""
        try:
            self._run(tell)
        except Refused as refusal:
            self._fail(refusal)
        except (OSError, OperationalError) as error:
            text = _(
                "导入中断：%(error)s。已导入的 %(kept)s 条都在；"
                "如果是磁盘满了，请清理后再导入一次，不会重复"
            )
            self._fail(Refused(text, error=str(error)[:200], kept=self.row.added))

    def _run(self, tell: Progress) -> None:
        row, path = self.row, table_path(self.row)
        table, done, seen = open_table(path), row.read, 0
        require_words(row.mapping, table.columns)
        if done and path.stat().st_mtime > row.made_at.timestamp():
            text = _("文件在导入中途被改过。已导入的 %(kept)s 条都在；请再导入一次，不会重复")
            raise Refused(text, kept=row.added)
        place = rejects_place(row, table.format)
        zone = ZoneInfo(settings.TIME_ZONE)
        with Rejects(place, table.columns, table.format) as rejects:
            # 昨天 in a row counts from when the import was made: told again, it is the same day.
            for batch in batches(table, row.mapping, now=row.made_at, zone=zone):
                for one in batch:
                    if one.reason:
                        rejects.add(one.raw, _in_words(one.reason))
                seen += len(batch)
                # What was heard before a break is not heard again; the file of bad rows begins
                # anew, so they were written again.
                if seen > done:
                    self._take(
                        batch,
                        position=table.position,
                        size=table.size,
                        rejects_file=str(place) if rejects.count else "",
                    )
                    tell(row)
        self._finish()

    def _take(self, batch: Sequence[Told], **values: object) -> None:
        """Hear a batch and count it: both, or after a break neither."""
        row = self.row
        by_source: dict[str, list[Entry]] = {}
        for one in batch:
            if one.entry:
                name = row.source_name or source_name_of(one.entry.platform) or TABLE
                by_source.setdefault(name, []).append(one.entry)
        with transaction.atomic():
            sources = self._hold(sorted(by_source))
            heard = [
                self.hear(source, by_source[source.name], now=self.now()) for source in sources
            ]
            values |= {
                "read": row.read + len(batch),
                "added": row.added + sum(len(one.added) for one in heard),
                "repeated": row.repeated + sum(one.repeated for one in heard),
                "rejected": row.rejected + sum(1 for one in batch if one.reason),
                "claimed_until": self.now() + CLAIM,
            }
            self._write(values)
        vars(row).update(values)

    def _hold(self, names: Sequence[str]) -> list[Source]:
        """The sources of a batch, made where they are new. Held in one order: two imports that
        wait for each other would both fail.
        """
        for name in names:
            if name not in self.known:
                kind = {"kind": Source.Kind.IMPORT}
                Source.objects.get_or_create(name=name, defaults=kind)
        rows = Source.objects.select_for_update().filter(name__in=names).order_by("pk")
        self.known |= set(names)
        return list(rows)

    def _write(self, values: dict[str, object]) -> None:
        values["seconds"] = round(self.spent + perf_counter() - self.began, 3)
        mine = Import.objects.filter(pk=self.row.pk, claimed_until=self.row.claimed_until)
        if not mine.update(**values):
            raise Refused(_("另一个进程接手了这次导入"))

    def _finish(self) -> None:
        row = self.row
        counts = {"added": row.added, "repeated": row.repeated, "rejected": row.rejected}
        self._end("import.finished", counts, state=Import.State.DONE, position=row.size)

    def _fail(self, refusal: Refused) -> None:
        values = {
            "state": Import.State.FAILED,
            "error": refusal.message,
            "error_params": plain_params(refusal),
        }
        try:
            self._end("import.failed", {"name": self.row.name}, **values)
        except (Refused, OperationalError):
            # It is another's now, or the disk takes not even this: then the claim runs out and
            # the worker goes on where it stopped.
            vars(self.row).update(values)

    def _end(self, verb: str, data: Mapping[str, object], **values: object) -> None:
        row, now = self.row, self.now()
        values |= {"finished_at": now, "claimed_until": None}
        with transaction.atomic():
            self._write(values)
            record(verb, f"import:{row.pk}", actor=actor_name(row.by), now=now, data=data)
        vars(row).update(values)
        forget_file(row)


def forget_file(import_: Import) -> None:
    """Delete what was uploaded: it names authors. A file of the office's own stays."""
    if not Path(import_.file).is_absolute():
        table_path(import_).unlink(missing_ok=True)
        sample_path(import_).unlink(missing_ok=True)


def _in_words(refusal: Refused) -> str:
    return gettext(refusal.message) % refusal.params
