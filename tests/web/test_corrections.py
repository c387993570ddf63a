"""研读: why a value was found, how it is corrected, and the voices that a person is asked about."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.actions.reading import read_due
from tingda.analyse.models import Label, Lesson, Reading, Topic
from tingda.collect.models import Voice
from tingda.detect.models import Issue
from tingda.ledger.models import Line
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
Make = Callable[..., Voice]
QUEUE = "/desk/voices/unsure/"


@pytest.fixture(autouse=True)
def topics() -> dict[str, Topic]:
    names = {"bus": "公交", "water": "供水", "noise": "噪声"}
    return {
        code: Topic.objects.create(code=code, group="服务", name=name, keywords=name)
        for code, name in names.items()
    }


@pytest.fixture
def duty(client_of: ClientOf, cast: SimpleNamespace) -> Client:
    return client_of(cast.duty)


@pytest.fixture
def read(make_voice: Make, now: datetime) -> Make:
    """A voice with a reading of these values."""

    def make(text: str = "路口天天很吵，停水也没人管", **values: object) -> Voice:
        voice = make_voice(title="", text=text)
        fields: dict[str, object] = {"digest": f"d{voice.pk}", "read_at": now, "ungathered": False}
        Reading.objects.create(voice=voice, **fields | values)
        return voice

    return make


@pytest.fixture
def unsure(read: Make, topics: dict[str, Topic]) -> Make:
    """A voice that may be about noise, or about water."""

    def make(text: str = "路口天天很吵，停水也没人管", **values: object) -> Voice:
        why = {"topic": [["text", 4, 6, "噪声"]], "second": [topics["water"].pk, 0.21]}
        fields: dict[str, object] = {"guess": topics["noise"], "topic_score": 0.62, "why": why}
        return read(text, **fields | values)

    return make


def page_of(client: Client, voice: Voice) -> str:
    response = client.get(f"/desk/voices/{voice.pk}/")
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def plain(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page)


def say(client: Client, voice: Voice, name: str, value: str, **more: str) -> int:
    address = f"/desk/voices/{voice.pk}/correct/"
    return client.post(address, {"name": name, "value": value, **more}).status_code


# --- why ---


def test_every_value_tells_how_sure_it_is_and_why(
    duty: Client, read: Make, topics: dict[str, Topic]
) -> None:
    why = {
        "topic": [["text", 3, 5, "供水"]],
        "intent": [["text", 8, 11, "complains"]],
        "urgency": [["text", 3, 5, "supply"], ["text", 3, 7, "supply"]],
        "places": [["text", 0, 3, "幸福里"]],
    }
    values = {"intent": "complains", "intent_score": 0.91, "urgency": 2, "place": "幸福里"}
    water = {"topic": topics["water"], "guess": topics["water"], "topic_score": 0.824}
    page = page_of(duty, read("幸福里停水三天没人管", why=why, **values, **water))
    words = re.sub(r"\s+", " ", plain(page))
    for part in (
        "主题 供水 把握 82 % 因为提到：停水 ",
        "诉求 投诉 把握 91 % 因为提到：人管 ",
        "紧急程度 当天 停水、停电、停气、停暖、停运：停水三天 ",
        "地点 幸福里 因为提到：幸福里 ",
        "标出的词：紧急程度 地点 诉求 ",
    ):
        assert part in words
    assert (
        'title="紧急程度：停水、停电、停气、停暖、停运；主题词：供水" tabindex="0">停水三天</mark>'
        in page
    )


def test_a_topic_that_is_not_sure_says_what_it_may_be(duty: Client, unsure: Make) -> None:
    words = plain(page_of(duty, unsure()))
    assert "不确定：可能是 噪声（62 %），也可能是 供水（21 %）" in words
    assert "是 噪声 y" in words


def test_an_intent_that_is_not_sure_says_so(duty: Client, read: Make) -> None:
    page = plain(page_of(duty, read(intent="complains", intent_score=0.42)))
    assert "不确定：可能是 投诉（42 %）" in page
    assert "投诉？" in page
    sure = plain(page_of(duty, read(intent="complains", intent_score=0.9)))
    assert "投诉 把握 90 %" in sure


def test_copies_say_whether_they_are_the_same_or_nearly(duty: Client, read: Make) -> None:
    first = read()
    same = read(repeat_of=first, why={"repeat": {"by": "same"}})
    near = read(repeat_of=first, why={"repeat": {"by": "near"}})
    page = page_of(duty, first)
    assert re.search(rf'几乎相同</span> 镇民论坛 · <a href="/desk/voices/{near.pk}/">', page)
    assert re.search(rf'>相同</span> 镇民论坛 · <a href="/desk/voices/{same.pk}/">', page)
    assert "的一条几乎相同" in page_of(duty, near)
    assert "的一条内容相同" in page_of(duty, same)


# --- correcting ---


@pytest.mark.parametrize(
    ("name", "value", "told", "shown"),
    [
        ("topic", "bus", "已记下：主题是“公交”。", "公交"),
        ("topic", "", "已记下：不属于现有的主题。", "不属于现有的主题"),
        ("intent", "thanks", "已记下：诉求是“表扬”。", "表扬"),
        ("urgency", "2", "已记下：紧急程度是“当天”。", "当天"),
        ("place", " 滨河路 ", "已记下：地点是“滨河路”。", "滨河路"),
        ("place", "", "已记下：没有地点。", "没有说明"),
    ],
)
def test_what_a_person_says_is_shown_with_who_and_what_was_found_before(
    duty: Client, unsure: Make, name: str, value: str, told: str, shown: str
) -> None:
    voice = unsure(intent="asks", intent_score=0.9, place="老街", places=["老街"])
    assert say(duty, voice, name, value) == 302
    page = page_of(duty, voice)
    assert told in page
    part = plain(page[page.index(f'id="value-{name}"') :]).strip()
    assert re.search(rf"{shown}\s+由人定\s*值班员 · 11月", part) or shown in part[:60]
    assert "由人定" in part
    assert Line.objects.get(verb__startswith="reading.").subject == f"voice:{voice.pk}"
    if name == "intent":
        assert "机器原判：咨询" in part


def test_a_label_of_a_table_says_so(duty: Client, read: Make, topics: dict[str, Topic],
                                    now: datetime) -> None:  # fmt: skip
    voice = read(topic=topics["bus"], said_by_person=["topic"])
    Label.objects.create(voice=voice, name="topic", value="bus", at=now)
    assert "由表格定" in page_of(duty, voice)


def test_without_script_everything_is_a_form(duty: Client, unsure: Make) -> None:
    page = page_of(duty, unsure())
    for part in (
        '<option value="bus" data-words="bus 公交 ">公交</option>',
        'name="value" value="complains" data-digit="3"',
        'name="value" value="0" data-digit="0"',
        '<input type="text" name="value" id="place"',
        '<button name="value" value="noise" class="primary" data-key="y"',
    ):
        assert part in page
    keys = re.findall(r'<summary class="button" data-key="(\w)"', page)
    assert keys == ["t", "i", "u", "p"]


@pytest.mark.parametrize(
    "data",
    [{"name": "topic"}, {"name": "topic", "value": "gone"}, {"name": "mood", "value": "1"}, {}],
)
def test_a_value_that_is_none_is_refused_in_words_and_changes_nothing(
    duty: Client, unsure: Make, data: dict[str, str]
) -> None:
    voice = unsure()
    response = duty.post(f"/desk/voices/{voice.pk}/correct/", data)
    assert response.status_code == 409
    assert Label.objects.count() == 0


def test_a_null_byte_in_a_place_is_passed_over(duty: Client, unsure: Make) -> None:
    voice = unsure()
    assert say(duty, voice, "place", "老\x00街") == 302
    assert Reading.objects.get(voice=voice).place == "老街"


def test_only_who_may_hear_sees_the_controls_and_may_use_them(
    cast: SimpleNamespace, client_of: ClientOf, unsure: Make
) -> None:
    voice = unsure()
    for who in ("drafter", "releaser", "auditor"):
        client = client_of(getattr(cast, who))
        page = page_of(client, voice)
        assert "不确定：" in page
        assert f"/desk/voices/{voice.pk}/correct/" not in page
        assert say(client, voice, "topic", "bus") == 403
        assert client.get(QUEUE).status_code == 403
        assert "请你看看" not in re.sub("在“请你看看”里", "", client.get("/desk/").content.decode())
    liaison = client_of(cast.liaison_edu)
    assert say(liaison, voice, "topic", "bus") == 404
    assert liaison.get(QUEUE).status_code == 404
    assert Label.objects.count() == 0
    assert client_of(cast.duty).get(f"/desk/voices/{voice.pk}/correct/").status_code == 405


# --- the voices that a person is asked about ---


def test_the_queue_asks_the_newest_first_and_goes_on_to_the_next(
    duty: Client, unsure: Make, read: Make, topics: dict[str, Topic]
) -> None:
    voices = [unsure(f"第{n}条很吵") for n in range(3)]
    read("公交很好", topic=topics["bus"], guess=topics["bus"])
    unsure("转发", repeat_of=voices[0])

    def asked(query: str = "") -> list[Voice]:
        return [one.voice for one in duty.get(QUEUE + query).context["asked"]]

    assert asked() == voices[::-1]
    answer = duty.post(
        f"/desk/voices/{voices[1].pk}/correct/",
        {"name": "topic", "value": "water", "next": "unsure"},
    )
    assert answer["Location"] == f"{QUEUE}?before={voices[1].pk}"
    page = duty.get(answer["Location"])
    assert [one.voice for one in page.context["asked"]] == [voices[0]]
    text = plain(page.content.decode())
    assert "已记下：主题是“供水”。" in text
    assert "还有 2 条" in text
    assert "已教 1 条，满 10 条会自动再学一次" in text
    assert "上一条：第1条很吵" in text
    assert asked() == [voices[2], voices[0]]
    assert say(duty, voices[2], "topic", "", next="unsure") == 302
    assert asked() == [voices[0]]
    end = plain(duty.get(f"{QUEUE}?before={voices[0].pk}").content.decode())
    assert "这一遍看完了。" in end
    assert asked("?before=nonsense") == [voices[0]]


def test_a_card_has_the_two_likeliest_with_the_topic_words_marked(
    duty: Client, unsure: Make
) -> None:
    voice = unsure()
    (one,) = duty.get(QUEUE).context["asked"]
    assert [(guess.code, guess.percent) for guess in one.guesses] == [("noise", 62), ("water", 21)]
    page = duty.get(QUEUE).content.decode()
    assert '<mark class="topic" title="主题词：噪声">很吵</mark>' in page
    keys = re.findall(r'data-key="([^"/]+)"', page)
    assert keys == ["1", "2", "0", "s", "t"]
    assert f'href="{QUEUE}?before={voice.pk}"' in page


def test_a_guess_that_is_not_in_use_any_more_is_not_offered(
    duty: Client, unsure: Make, topics: dict[str, Topic]
) -> None:
    unsure()
    topics["noise"].active = False
    topics["noise"].save()
    (one,) = duty.get(QUEUE).context["asked"]
    assert [guess.code for guess in one.guesses] == ["water"]


def test_what_was_taught_is_counted_since_the_last_lesson(
    duty: Client, unsure: Make, now: datetime
) -> None:
    for n in range(11):
        voice = unsure(f"第{n}条很吵")
        Label.objects.create(
            voice=voice, name="topic", value="noise", at=now + timedelta(seconds=n)
        )
    assert "已教 11 条，稍后会自动再学一次" in duty.get(QUEUE).content.decode()
    Lesson.objects.create(at=now + timedelta(seconds=8), state="worse", labels=9, topics="x")
    assert "已教 2 条，满 10 条会自动再学一次" in duty.get(QUEUE).content.decode()


def test_when_nothing_is_unsure_the_page_says_so_and_nothing_leads_there(
    duty: Client, unsure: Make
) -> None:
    assert "没有拿不准的声音。" in duty.get(QUEUE).content.decode()
    for address in ("/desk/", "/desk/voices/"):
        assert f'href="{QUEUE}"' not in duty.get(address).content.decode()
    unsure()
    for address in ("/desk/", "/desk/voices/"):
        assert f'href="{QUEUE}"' in duty.get(address).content.decode()
    assert "1 条声音拿不准主题" in duty.get("/desk/").content.decode()


def test_pages_cost_the_same_at_one_and_at_three(
    duty: Client, unsure: Make, make_issue: Callable[..., Issue]
) -> None:
    first = unsure()
    issue = make_issue(first)
    pages = [QUEUE, "/desk/voices/?intent=asks", f"/desk/issues/{issue.pk}/"]
    pages.append(f"/desk/voices/{first.pk}/")

    def cost(address: str) -> int:
        duty.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert duty.get(address).status_code == 200
        return len(queries)

    Reading.objects.update(intent="asks")
    before = [cost(address) for address in pages]
    for n in range(2):
        voice = unsure(f"又{n}条很吵", intent="asks")
        issue.belongings.create(voice=voice, at=voice.at, author_hash=f"a{n}", stamp=n + 1000)
        unsure(f"转{n}", repeat_of=first, intent="asks")
    assert [cost(address) for address in pages] == before


# --- rows ---


def test_the_list_is_filtered_by_intent_urgency_and_topic(
    duty: Client, read: Make, topics: dict[str, Topic]
) -> None:
    thanks = read("谢谢", intent="thanks", intent_score=0.9)
    gas = read("煤气味", intent="complains", intent_score=0.9, urgency=3, topic=topics["water"])
    outage = read("停水", intent="complains", intent_score=0.9, urgency=2, topic=topics["water"])

    def listed(query: str) -> list[Voice]:
        return list(duty.get(f"/desk/voices/?{query}").context["page"].items)

    assert listed("intent=thanks") == [thanks]
    assert listed("intent=complains&urgency=3") == [gas]
    assert listed("urgency=2") == [outage, gas]
    assert listed("topic=water&intent=complains&day=2026-11-21") == [outage, gas]
    assert listed("topic=gone") == []
    assert listed("intent=mood&urgency=9") == [outage, gas, thanks]
    page = duty.get("/desk/voices/?topic=gone").content.decode()
    assert "没有符合条件的声音" in page


def test_rows_say_intent_and_urgency_in_words(
    duty: Client, read: Make, make_issue: Callable[..., Issue]
) -> None:
    thanks = read("感谢滨河路的师傅", intent="thanks", intent_score=0.9)
    gas = read("滨河路煤气味", intent="complains", intent_score=0.9, urgency=3)
    issue = make_issue(thanks, gas)
    for address in ("/desk/voices/", "/desk/", f"/desk/issues/{issue.pk}/"):
        page = duty.get(address).content.decode()
        assert '<span class="tag intent thanks">表扬</span>' in page
        assert '<span class="tag red">马上</span>' in page
        assert '<span class="tag intent complains">投诉</span>' in page


def test_search_results_say_it_too(duty: Client, make_voice: Make, now: datetime) -> None:
    make_voice(title="", text="感谢滨河路的师傅，服务态度真好，非常感谢", unread=True)
    read_due(now=now)
    page = duty.get("/desk/search/?q=滨河").content.decode()
    assert '<span class="tag intent thanks">表扬</span>' in page


def test_an_issue_counts_what_people_want(
    duty: Client, read: Make, make_issue: Callable[..., Issue]
) -> None:
    intents = ["complains", "complains", "thanks", "other"]
    voices = [read(f"第{n}条", intent=intent) for n, intent in enumerate(intents)]
    issue = make_issue(*voices)
    assert "投诉 2 · 表扬 1" in duty.get(f"/desk/issues/{issue.pk}/").content.decode()
