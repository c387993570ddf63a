"""Word lists: words under a name, which the rules of watches name."""

from datetime import datetime

from django.db import transaction

from tingda.analyse.models import Watch, WordList
from tingda.analyse.queries import built_in_lists
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.watching.evaluate import read_lists
from tingda.lib.watching.fold import fold_value
from tingda.lib.watching.parse import parse
from tingda.lib.watching.syntax import Listed, terms_of
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

MOST_WORDS = 2000


@transaction.atomic
def seed_lists(*, now: datetime) -> int:
    """Give an office that has no word lists our own; how many were added."""
    if WordList.objects.exists():
        return 0
    rows = [
        WordList(name=row["name"], words="\n".join(row["words"]), note=row["note"])
        for row in built_in_lists()
    ]
    WordList.objects.bulk_create(rows)
    record("list.seeded", "list:all", actor=actor_name(None), now=now, data={"count": len(rows)})
    return len(rows)


@transaction.atomic
def add_list(name: str, words: str, note: str, *, by: Person, now: datetime) -> WordList:
    """A list of the office's own; a line each of `words` is a word, a phrase, or like elect*."""
    by.must("watch")
    row = WordList(name=name.strip(), words=words.strip(), note=note.strip())
    _check(row)
    row.save()
    _line("list.added", row, by, now)
    return row


@transaction.atomic
def change_list(
    row: WordList, *, name: str, words: str, note: str, by: Person, now: datetime
) -> WordList:
    """Change a list; every rule that names it follows it, for voices read from now on."""
    by.must("watch")
    kept = WordList.objects.select_for_update().get(pk=row.pk)
    if fold_value(name) != fold_value(kept.name):
        _must_be_free(kept)
    row.name, row.words, row.note = name.strip(), words.strip(), note.strip()
    _check(row)
    row.save()
    _line("list.changed", row, by, now)
    return row


@transaction.atomic
def drop_list(row: WordList, *, by: Person, now: datetime) -> None:
    """Let go of a list that no rule names."""
    by.must("watch")
    _must_be_free(WordList.objects.select_for_update().get(pk=row.pk))
    _line("list.dropped", row, by, now)
    row.delete()


def watches_naming(row: WordList) -> list[Watch]:
    """The watches, in use or not, whose rules name this list."""
    named = fold_value(row.name)
    return [watch for watch in Watch.objects.order_by("id") if named in _lists_of(watch.rule)]


def _lists_of(rule: str) -> set[str]:
    try:
        root = parse(rule).root
    except Refused:
        return set()
    return {term.name for term in terms_of(root) if isinstance(term, Listed)}


def _must_be_free(row: WordList) -> None:
    if naming := watches_naming(row):
        raise Refused(
            _("关注“%(names)s”的规则里写着 @%(list)s：先改那些规则"),
            names="、".join(watch.name for watch in naming[:5]),
            list=row.name,
        )


def _check(row: WordList) -> None:
    if not row.name or not row.lines():
        raise Refused(_("名字和词都要写"))
    if len(row.lines()) > MOST_WORDS:
        raise Refused(_("一个名单最多 %(most)s 个词"), most=MOST_WORDS)
    if not _can_be_named(row.name):
        raise Refused(_("名单的名字要能写在 @ 后面：只用汉字、字母和数字，不要空格"))
    others = WordList.objects.exclude(pk=row.pk).values_list("name", flat=True)
    if fold_value(row.name) in map(fold_value, others):
        raise Refused(_("已有同名的名单：%(name)s"), name=row.name)
    read_lists({row.name: row.lines()})


def _can_be_named(name: str) -> bool:
    try:
        return parse(f"@{name}").root == Listed(fold_value(name))
    except Refused:
        return False


def _line(verb: str, row: WordList, by: Person, now: datetime) -> None:
    record(verb, f"list:{row.pk}", actor=actor_name(by), now=now, data={"name": row.name})
