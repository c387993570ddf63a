"""The words by which urgency is judged, at the desk: found, changed, tried, followed."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.actions.cues import change_words
from tingda.analyse.actions.reading import read_due
from tingda.analyse.models import CueChange, Reading
from tingda.collect.models import Voice
from tingda.ledger.models import Line
from tingda.lib.urgency.features import SILENT
from tingda.lib.urgency.lists import LABELS, all_lists
from tingda.people.models import Person
from tingda.web.desk.cues import GROUPS
from tingda.web.ledger_words import sentence

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
PAGE = "/desk/settings/cues/"
FIRE, TRY = f"{PAGE}danger.fire/", f"{PAGE}danger.fire/try/"
OWN = "蓝莓铃开"  # means nothing to anybody
SAID = f"食堂里{OWN}了"


@pytest.fixture
def admin(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.admin)


def typed(added: str = "", removed: str = "", said: str = "") -> dict[str, str]:
    return {"added": added, "removed": removed, "said": said}


def test_every_list_that_weighs_stands_in_one_group_and_mood_among_them(admin: Client) -> None:
    shown = [
        row.cue.name for _name, _does, rows in admin.get(PAGE).context["groups"] for row in rows
    ]
    idle = ("passing.words", "beside.words")
    assert sorted(shown) == sorted(name for name, _words in all_lists() if name not in idle)
    assert set(SILENT) == {"mood.", "passing.", "beside.", "own."}
    assert len(GROUPS) == 6
    page = admin.get(PAGE).content.decode()
    assert LABELS["danger.fire"] in page and "情绪词从不计入" in page and "已改" not in page


def test_an_added_word_makes_what_is_heard_later_urgent(
    admin: Client, make_voice: Callable[..., Voice], now: datetime
) -> None:
    before = make_voice(title="", text=SAID, unread=True)
    read_due(now=now)
    assert admin.post(FIRE, typed(OWN)).status_code == 302
    after = make_voice(title="", text=f"昨晚起{SAID}，一直响", unread=True)
    read_due(now=now)
    levels = [Reading.objects.get(voice=voice).urgency for voice in (before, after)]
    assert (levels[0] < 3, levels[1]) == (True, 3)


def test_a_change_is_kept_told_and_taken_back(admin: Client, now: datetime) -> None:
    answer = admin.post(FIRE, typed(f" {OWN} \n{OWN}\n\n(红|黄)灯转", "着火"))
    assert (answer.status_code, answer["Location"]) == (302, FIRE)
    row = CueChange.objects.get()
    assert (row.cue, row.added, row.removed) == ("danger.fire", f"{OWN}\n(红|黄)灯转", "着火")
    page = admin.get(FIRE)
    words = page.context["row"].words
    assert (words[:2], "着火" in words) == ((OWN, "(红|黄)灯转"), False)
    assert page.context["form"].initial == {"added": row.added, "removed": "着火"}
    assert "已改" in admin.get(PAGE).content.decode()
    line = Line.objects.latest("number")
    assert sentence(line) == "修改判断用词“着火、冒烟、爆炸”：加 2 个，减 1 个"
    lines = Line.objects.count()
    admin.post(FIRE, typed(row.added, "着火"))
    assert "没有改动。" in admin.get(FIRE).content.decode() and Line.objects.count() == lines
    assert admin.post(FIRE, typed()).status_code == 302
    assert CueChange.objects.count() == 0


@pytest.mark.parametrize(
    ("added", "removed", "why"),
    [
        ("…", "", "要有一个普通的词"),
        ("（甲|乙）漏", "", "的括号读不懂"),
        ("长" * 61, "", "不能超过 60 个字"),
        ("\n".join(map(str, range(2001))), "", "最多加 2000 个词"),
        ("", "蓝莓", "原来的词表里没有：蓝莓"),
        ("着火", "着火", "又要加又不要：着火"),
    ],
)
def test_what_cannot_be_is_refused_in_the_form_with_what_was_typed(
    admin: Client, added: str, removed: str, why: str
) -> None:
    for address in (FIRE, TRY) if len(added) < 99 else (FIRE,):
        answer = admin.post(address, typed(added, removed, SAID))
        page = answer.content.decode()
        assert (answer.status_code, why in page, SAID in page) == (422, True, True)
        kept = answer.context["form"]
        assert (kept["added"].value(), kept["removed"].value()) == (added, removed)
    assert CueChange.objects.count() == 0


def test_a_sentence_is_tried_with_the_change_and_nothing_is_kept(admin: Client) -> None:
    answer = admin.post(TRY, typed(OWN, "", SAID))
    tried = answer.context["tried"]
    assert (answer.status_code, tried.then.level, tried.now.level < 3) == (200, 3, True)
    assert tried.then.why == {"着火、冒烟、爆炸": [OWN]}
    assert f'title="着火、冒烟、爆炸">{OWN}</mark>' in answer.content.decode()
    assert answer.context["form"]["added"].value() == OWN
    assert (CueChange.objects.count(), Line.objects.filter(verb="cues.changed").count()) == (0, 0)
    now = admin.post(f"{PAGE}try/", {"said": "三楼着火了，楼梯全是烟"}).context["tried"]
    assert (now.then.level, now.now) == (3, None)
    assert admin.post(f"{PAGE}try/", {"said": " "}).status_code == 422
    assert admin.post(TRY, typed(OWN)).status_code == 422


def test_moods_count_for_nothing(admin: Client) -> None:
    mood = f"{PAGE}mood.words/try/"
    assert admin.post(mood, typed(OWN, "", SAID)).context["tried"].then.level < 3


HELP = "插座…冒烟\n(燃气|煤气)漏\nleak*\n停了#天\nsocket…smoking\noff for # days\ngas (leak|smell)"
HELD = ["插座那边一直在冒烟", "煤氣漏", "ＬＥＡＫＩＮＧ", "停了12天", "停了三天"]
HELD += ["socket in the kitchen is smoking", "off for 12 days", "gas smell"]


@pytest.mark.parametrize("said", [*HELD, "", "🔥" * 900])
def test_the_help_says_what_is_so(admin: Client, said: str) -> None:
    answer = admin.post(TRY, typed(HELP, "", said))
    tried = answer.context["tried"]
    assert answer.status_code == (200 if said else 422)
    assert bool(tried and tried.then.level == 3) == (said in HELD)


def test_words_are_found_in_their_lists(
    admin: Client, cast: SimpleNamespace, now: datetime
) -> None:
    change_words("sign.gas", ["冒烟的管子"], [], by=cast.admin, now=now)
    found = {row.cue.name: row.words for row in admin.get(PAGE, {"q": "冒煙"}).context["found"]}
    assert "冒烟" in found["danger.fire"] and found["sign.gas"] == ["冒烟的管子"]
    assert "没有词表里有" in admin.get(PAGE, {"q": "蓝莓\x00"}).content.decode()


def test_a_long_list_is_shown_in_part_and_on_demand_whole(admin: Client) -> None:
    page = f"{PAGE}danger.violence/"
    words = dict(all_lists())["danger.violence"]
    shown = [len(admin.get(page + more).context["shown"]) for more in ("", "?all=1")]
    assert shown == [200, len(words)]


def test_staff_read_and_try_and_administrators_change(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    for who in ("duty", "drafter", "releaser", "auditor"):
        client = client_of(getattr(cast, who))
        page = client.get(FIRE).content.decode()
        assert ("加这些词" in page, "试一试" in page) == (False, True)
        assert client.post(FIRE, typed(OWN)).status_code == 403
        tried = client.post(TRY, typed(OWN, "", SAID)).context["tried"]
        assert (tried.then.level < 3, tried.now) == (True, None)
    liaison = client_of(cast.liaison_edu)
    assert [liaison.get(one).status_code for one in (PAGE, FIRE)] == [404, 404]
    assert [liaison.post(one, typed()).status_code for one in (FIRE, TRY)] == [404, 404]
    assert CueChange.objects.count() == 0


def test_there_is_no_other_list(admin: Client) -> None:
    for name in ("danger.snow", "passing.words", "try"):
        assert admin.get(f"{PAGE}{name}/").status_code in (404, 405)


def test_more_changes_cost_no_more_queries(
    admin: Client, cast: SimpleNamespace, now: datetime
) -> None:
    def cost() -> list[int]:
        counts = []
        for address in (PAGE, f"{PAGE}?q=火", FIRE):
            with CaptureQueriesContext(connection) as asked:
                admin.get(address)
            counts.append(len(asked))
        with CaptureQueriesContext(connection) as asked:
            admin.post(TRY, typed(OWN, "", SAID))
        return [*counts, len(asked)]

    change_words("danger.fire", [OWN], [], by=cast.admin, now=now)
    cost()
    one = cost()
    change_words("danger.gas", [OWN], [], by=cast.admin, now=now)
    change_words("damp.past", [], ["去年"], by=cast.admin, now=now)
    assert cost() == one
