"""What became of a promise: its proof, or that it cannot be kept."""

from datetime import datetime

from django.db import transaction

from tingda.cases import rules
from tingda.cases.actions.casework import line
from tingda.cases.models import Promise, PromiseFile
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person

MOST_FILES = 20


@transaction.atomic
def prove_promise(
    promise: Promise, *, name: str, path: str, size: int, sha256: str, by: Person, now: datetime
) -> PromiseFile:
    """Put a file that is already kept with a promise that was kept; its imprint is on record."""
    row = Promise.objects.select_for_update().get(pk=promise.pk)
    by.must("take_on")
    if row.kept_at is None:
        raise Refused(_("先写明怎么兑现的，再附凭据"))
    if row.files.count() >= MOST_FILES:
        raise Refused(_("一项承诺最多附 %(most)s 个文件"), most=MOST_FILES)
    made = PromiseFile.objects.create(promise=row, name=name, path=path, size=size, sha256=sha256)
    data, subject = {"name": name, "sha256": sha256}, f"promise:{row.pk}"
    line("promise.proved", row.case, data, by=by, now=now, subject=subject)
    return made


@transaction.atomic
def break_promise(
    promise: Promise, *, reason: str, instead: str, by: Person, now: datetime
) -> Promise:
    """A person says in public that it cannot be kept, why, and what is done instead.

    It is never taken down: it stands as not kept, for ever.
    """
    row = Promise.objects.select_for_update().get(pk=promise.pk)
    by.must("take_on")
    if not row.is_open:
        raise Refused(_("这项承诺已经有了结果"))
    row.why_broken = rules.written(reason, _("请写明为什么做不到"))
    row.instead = rules.written(instead, _("请写明改做什么；什么都不做，也要写明"))
    row.broken_at = now
    row.save(update_fields=["broken_at", "why_broken", "instead"])
    data = {"what": row.what, "reason": row.why_broken, "instead": row.instead}
    subject = f"promise:{row.pk}"
    line("promise.broken", row.case, data, by=by, now=now, subject=subject, public=True)
    return row
