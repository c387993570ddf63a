"""The words we ship: the list of service topics and the demo institution's content."""

import json
import re
import tomllib
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from opencc import OpenCC

from tingda.lib.urgency.judge import urgency_of

PACKAGE = Path(__file__).parents[2] / "tingda"
SIMPLIFIED = OpenCC("t2s")

# Beliefs, not services: none of these may stand in the list of topics.
FORBIDDEN = re.compile(
    "政治|政党|党员|党委|党建|选举|投票|民主|革命|游行|示威|抗议|罢工|上访|维稳|舆情|敏感|反动|颠覆|领导人|意识形态|"
    "宗教|信教|教会|教堂|寺庙|佛教|道教|基督|天主|伊斯兰|清真|祈祷|信仰|邪教|民族|族群|种族|汉族|藏族|回族|"
    r"\b(?:politic|election|religio|church|mosque|temple|ethnic|ideolog|protest|party)"
)

# story: voices, distinct people, reposts
STORIES = {
    "jinxiu-fumes": (31, 23, 8),
    "heshun-fumes": (7, 7, 0),
    "school-canteen": (19, 17, 2),
    "oldtown-water": (17, 16, 1),
    "bus-112": (12, 12, 0),
    "care-fees": (9, 9, 0),
    "xingfuli-gas": (7, 7, 0),
    "library-hours": (14, 14, 0),
    "binhe-lights": (6, 6, 0),
    "heshun-lift": (6, 6, 0),
    "hospital-window": (5, 5, 0),
    "praise-driver": (3, 2, 1),
    "praise-teacher": (3, 3, 0),
    "praise-nurse": (2, 2, 0),
    "ev-charging": (9, 9, 0),
    "wish-badminton": (6, 1, 5),
    "lost-dog": (3, 2, 1),
    "ad-decor": (3, 2, 1),
}

# What most voices of a story are about, as a reader would file it.
ABOUT = {
    "jinxiu-fumes": "environment.fumes",
    "heshun-fumes": "environment.fumes",
    "school-canteen": "food.canteen",
    "oldtown-water": "utilities.water",
    "bus-112": "transport.bus",
    "xingfuli-gas": "safety.gas",
    "library-hours": "community.culture",
    "binhe-lights": "utilities.lights",
    "heshun-lift": "housing.lift",
    "ev-charging": "transport.parking",
    "wish-badminton": "community.sports",
}

STATES = {
    "taken",
    "referred_late",
    "objected",
    "checked",
    "drafting",
    "in_review",
    "published",
    "corrected",
    "closed_answered",
    "closed_no_answer_needed",
}

MOMENT = re.compile(r"-(\d+)d ([01]\d|2[0-3]):[0-5]\d")


def toml(path: str) -> dict[str, Any]:
    return tomllib.loads((PACKAGE / path).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def topics() -> dict[str, Any]:
    return toml("analyse/topics.toml")


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return toml("demo/script.toml")


@pytest.fixture(scope="module")
def voices() -> list[dict[str, Any]]:
    lines = (PACKAGE / "demo/voices.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def said(voice: dict[str, Any]) -> str:
    return SIMPLIFIED.convert(f"{voice['title']}\n{voice['text']}").lower()


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []


def minutes(moment: str) -> int:
    found = re.fullmatch(r"-(\d+)d (\d\d):(\d\d)", moment)
    assert found, moment
    days, hours, mins = map(int, found.groups())
    return (-days * 24 + hours) * 60 + mins


# --- topics


def test_taxonomy_has_twelve_groups_and_about_sixty_topics(topics):
    assert len({topic["group"] for topic in topics["topic"]}) == 12
    assert len({topic["group_en"] for topic in topics["topic"]}) == 12
    assert 55 <= len(topics["topic"]) <= 65


def test_every_topic_is_complete_and_its_code_and_names_are_its_own(topics):
    wanted = {
        "code",
        "group",
        "group_en",
        "name",
        "name_en",
        "description",
        "keywords",
    }
    for topic in topics["topic"]:
        assert set(topic) == wanted, topic["code"]
        assert re.fullmatch(r"[a-z]+\.[a-z]+", topic["code"])
        assert topic["description"].endswith("。")
    for field in ("code", "name", "name_en"):
        assert max(Counter(topic[field] for topic in topics["topic"]).values()) == 1, field


def test_keywords_of_a_topic_are_enough_and_none_stands_twice(topics):
    for topic in topics["topic"]:
        folded = [word.lower() for word in topic["keywords"]]
        assert len(folded) == len(set(folded)), topic["code"]
        assert 15 <= len(folded) <= 40, topic["code"]


def test_topics_are_services_and_never_beliefs(topics):
    words = "\n".join(texts(topics)).lower()
    assert FORBIDDEN.findall(words) == []


# --- voices


def test_every_voice_has_the_same_fields_and_its_own_id(voices):
    optional = {"copy_of", "url", "day", "time", "minutes_ago"}
    common = {"id", "source", "kind", "title", "text", "author", "likes", "story"}
    for voice in voices:
        assert set(voice) - optional == common, voice["id"]
        assert ("minutes_ago" in voice) != ({"day", "time"} <= set(voice)), voice["id"]
        assert voice["text"].strip()
    assert [v["id"] for v in voices] == [f"d{n:03d}" for n in range(1, len(voices) + 1)]


def test_each_story_has_its_voices_people_and_reposts(voices):
    seen = defaultdict(list)
    for voice in voices:
        seen[voice["story"]].append(voice)
    noise = seen.pop("")
    counts = {
        story: (len(vs), len({v["author"] for v in vs}), sum("copy_of" in v for v in vs))
        for story, vs in seen.items()
    }
    assert counts == STORIES
    assert 30 <= len(noise) <= 50
    assert 190 <= len(voices) <= 220


def test_voices_stand_in_the_order_they_were_said_and_none_in_the_future(voices):
    def key(voice):
        if "minutes_ago" in voice:
            return (1, -voice["minutes_ago"], "")
        return (0, voice["day"], voice["time"])

    assert voices == sorted(voices, key=key)
    assert {v["day"] for v in voices if "day" in v} == set(range(-29, 0))
    assert min(v["minutes_ago"] for v in voices if "minutes_ago" in v) > 0


def test_a_repost_follows_its_original_and_belongs_to_the_same_story(voices):
    place = {voice["id"]: n for n, voice in enumerate(voices)}
    for voice in voices:
        if "copy_of" in voice:
            original = voices[place[voice["copy_of"]]]
            assert place[original["id"]] < place[voice["id"]]
            assert original["story"] == voice["story"]
            assert "copy_of" not in original


def test_the_emergency_is_within_the_last_hour_and_is_the_only_danger(voices):
    gas = [v for v in voices if v["story"] == "xingfuli-gas"]
    assert all(v["minutes_ago"] < 60 for v in gas)
    alarming = {v["id"] for v in voices if urgency_of(v["title"], v["text"]).level == 3}
    assert alarming == {v["id"] for v in gas}


@pytest.mark.parametrize("story", sorted(ABOUT))
def test_keywords_file_most_voices_of_a_story_where_a_reader_would(story, voices, topics):
    for_story = [v for v in voices if v["story"] == story]
    filed: Counter[str] = Counter()
    for voice in for_story:
        text = said(voice)
        hits = {t["code"]: sum(k.lower() in text for k in t["keywords"]) for t in topics["topic"]}
        filed[max(hits, key=lambda code: hits[code])] += 1
    assert filed[ABOUT[story]] * 10 >= len(for_story) * 7, filed


def test_demo_holds_no_number_or_address_that_could_be_somebodys(voices, script):
    everything = "\n".join([*texts(voices), *texts(script)])
    assert re.findall(r"\d{7,}", everything) == []
    assert re.findall(r"https?://(?![a-z.]+\.example/)\S+", everything) == []
    assert re.findall(r"\S+@\S+\.\S+", everything) == []


def test_voices_come_from_every_source_and_in_three_kinds_of_writing(voices):
    assert {v["source"] for v in voices} == {
        "镇民论坛",
        "服务热线",
        "信箱",
        "留言板",
        "镇新闻网",
        "English board",
    }
    traditional = [v for v in voices if SIMPLIFIED.convert(v["text"]) != v["text"]]
    english = [v for v in voices if v["source"] == "English board"]
    assert len(traditional) >= 8
    assert len(english) >= 10


# --- what the office did


def test_script_shows_every_state_once_and_leaves_the_emergency_to_a_person(script):
    assert {c["state_wanted"] for c in script["case"]} == STATES
    taken = {c["story"] for c in script["case"]} | {n["story"] for n in script["notours"]}
    assert taken < set(STORIES)
    assert {"xingfuli-gas", "jinxiu-fumes", "ev-charging"} <= set(STORIES) - taken


def test_script_names_only_units_people_and_grades_that_exist(script):
    units = {u["code"] for u in script["unit"]}
    people = {p["login"]: p for p in script["person"]}
    assert {u["parent"] for u in script["unit"] if "parent" in u} <= units
    assert {p["unit"] for p in people.values()} <= units
    for case in script["case"]:
        assert case["unit"] in units
        assert case["grade"] in {"特别重大", "重大", "较大", "一般"}
        assert case["clock"] in {"public_concern", "hotline", "petition", "information"}
        assert case["owner"] in people
        for fact in case.get("fact", []):
            assert people[fact["by"]]["unit"] == case["unit"]
    assert {w["owner"] for w in script["watch"]} <= set(people)


def test_the_watch_names_only_people_units_topics_and_cases_that_exist(script, topics):
    people, cases = {p["login"]: p for p in script["person"]}, {c["key"] for c in script["case"]}
    units, codes = (
        {u["code"] for u in script["unit"]},
        {t["code"].replace(".", "-") for t in topics["topic"]},
    )
    assert all("duty" in people[login]["roles"] for login in script["roster"]["teams"])
    assert len(script["roster"]["teams"]) == len(script["roster"]["shift"]) == 2
    assert {r["unit"] for r in script["route"]} <= units
    assert {r["topic"] for r in script["route"]} | set(script["plan"]["topics"]) <= codes
    for given in (script["task"], script["lookback"]):
        assert {given["by"], given["owner"]} <= set(people)
        assert given["case"] in cases and given["in_days"] > 0


def test_steps_of_a_case_follow_each_other(script):
    for case in script["case"]:
        referral, answer = case.get("referral", {}), case.get("answer", {})
        steps = [
            case["opened"],
            referral.get("sent"),
            *(fact["at"] for fact in case.get("fact", [])),
            case.get("objection", {}).get("at"),
            referral.get("answered"),
            *(answer.get(step) for step in ("drafted", "submitted", "released")),
            case.get("correction", {}).get("at"),
            *(p["kept_at"] for p in answer.get("promise", []) if "kept_at" in p),
            case.get("closing", {}).get("at"),
        ]
        moments = [minutes(step) for step in steps if step]
        assert moments == sorted(moments), case["key"]
        assert all(MOMENT.fullmatch(step) for step in steps if step)


def test_a_case_is_opened_after_a_voice_of_its_story_was_heard(script, voices):
    for case in script["case"]:
        heard = [minutes(f"{v['day']}d {v['time']}") for v in voices if v["story"] == case["story"]]
        assert min(heard) < minutes(case["opened"]), case["key"]


def test_the_overdue_referral_is_overdue_at_any_hour_and_unanswered(script):
    (case,) = [c for c in script["case"] if c["state_wanted"] == "referred_late"]
    assert minutes(case["referral"]["sent"]) + case["referral"]["due_hours"] * 60 < 0
    assert "answered" not in case["referral"]


def test_open_promises_are_open_and_the_kept_one_was_kept_in_time(script):
    for case in script["case"]:
        answer = case.get("answer", {})
        released = minutes(answer["released"]) // 1440 if "released" in answer else 0
        for promise in answer.get("promise", []):
            due = released + promise["in_days"]
            if "kept_at" in promise:
                assert minutes(promise["kept_at"]) // 1440 <= due
            else:
                assert due >= 1


def test_a_correction_quotes_words_that_stand_in_the_answer(script):
    (case,) = [c for c in script["case"] if "correction" in c]
    correction = case["correction"]
    assert correction["wrong"] in case["answer"][correction["field"]]
    assert correction["right"] != correction["wrong"]


def test_every_closing_has_a_text_and_a_reason(script):
    closed = [c for c in script["case"] if c["state_wanted"].startswith("closed")]
    assert [c["closing"]["reason"] for c in closed] == ["answered", "no_answer_needed"]
    assert all(len(c["closing"]["text"]) > 20 for c in closed)


def test_moving_dates_are_written_in_one_form(script, voices):
    for text in [*texts(script), *texts(voices)]:
        rest = re.sub(r"\{D[+-]\d+\}", "", text)
        assert "{" not in rest and "}" not in rest, text
