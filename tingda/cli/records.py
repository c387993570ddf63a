"""`tingda ledger`: the record, from the command line."""

import json
import sys
from dataclasses import asdict

import click
from django.utils.translation import gettext as _

from tingda.answers.queries import changed_since_release
from tingda.collect.queries.evidence import changed_evidence
from tingda.ledger.queries import verify
from tingda.lib.words import mark

REASONS = {
    "gap": mark("少了一行或多了一行"),
    "before": mark("与前一行接不上"),
    "hash": mark("内容被改动"),
    "unreadable": mark("数据库已损坏，读不出来"),
    "database": mark("数据库文件已损坏"),
}


@click.group()
def ledger() -> None:
    """台账。 The ledger."""


@ledger.command("verify")
@click.option("--json", "as_json", is_flag=True, help="报告为 JSON / report as JSON")
def verify_command(as_json: bool) -> None:
    """检查台账、已签发的回应和存证有没有被改动。 Check that nobody changed the record."""
    verdict = verify()
    changed = changed_since_release() if verdict.ok else []
    evidence = changed_evidence() if verdict.ok else []
    ok = verdict.ok and not changed and not evidence
    if as_json:
        found = {"ok": ok, "answers_changed": changed, "evidence_changed": evidence}
        click.echo(json.dumps(asdict(verdict) | found))
    elif ok:
        click.echo(_("台账完好：%(lines)s 行，环环相扣") % {"lines": verdict.lines})
    elif changed or evidence:
        _say_changed(changed, evidence)
    else:
        reason = _(REASONS[verdict.reason])
        where = {"line": verdict.first_bad or "?", "reason": reason}
        click.echo(_("台账不完好：第 %(line)s 行，%(reason)s") % where)
    sys.exit(0 if ok else 1)


def _say_changed(answers: list[int], evidence: list[str]) -> None:
    if answers:
        click.echo(_("已签发的回应被改动：%(answers)s") % {"answers": "、".join(map(str, answers))})
    if evidence:
        click.echo(_("存证缺失或被改动：%(voices)s") % {"voices": "、".join(evidence)})
