"""Which past cases are like an issue, and why."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

from tests.publishing import publish
from tingda.analyse.models import Topic
from tingda.answers.queries import past_like
from tingda.cases.actions.casework import close
from tingda.cases.models import Case
from tingda.detect.models import Issue

MakeCase = Callable[..., Case]
MakeIssue = Callable[..., Issue]
WORDS = ["食堂午餐里有异物，孩子拉肚子，请查清洗筐"]


def test_what_is_alike_in_words_place_and_topic_stands_first_with_how_it_ended(
    cast: SimpleNamespace, make_case: MakeCase, make_issue: MakeIssue, now: datetime
) -> None:
    canteen = Topic.objects.create(code="a", group="g", name="食堂")
    buses = Topic.objects.create(code="b", group="g", name="公交")

    def case(title: str, topic: Topic, place: str) -> Case:
        return make_case(make_issue(title=title, topic=topic, place=place), title=title)

    same = case("清溪中学食堂午餐有异物", canteen, "清溪中学")
    answer = publish(same, cast, now)
    near = case("第二小学食堂午餐异物", canteen, "第二小学")
    close(near, reason="no_answer_needed", text="已转教育办办理", by=cast.duty, now=now)
    bus = case("清溪中学门口公交不停", buses, "清溪中学")
    close(bus, reason="solved", text="已恢复停靠", by=cast.duty, now=now)
    still_open = case("清溪中学食堂饭菜异物", canteen, "清溪中学")
    issue = make_issue(title="清溪中学食堂午餐又有异物", topic=canteen, place="清溪中学")
    own = make_case(issue, title="清溪中学食堂午餐又有异物")
    close(own, reason="solved", text="已经更换清洗筐", by=cast.duty, now=now)

    found = past_like(issue, WORDS)
    assert [(one.case, one.answer, one.topic, one.place) for one in found] == [
        (same, answer, True, "清溪中学"),
        (near, None, True, ""),
    ]
    assert "异物" in found[0].words
    assert still_open.is_open


def test_a_case_of_one_voice_is_found_by_its_words_alone_and_nothing_like_is_nothing(
    cast: SimpleNamespace,
    make_case: MakeCase,
    make_issue: MakeIssue,
    make_voice: Callable[..., object],
    now: datetime,
) -> None:
    case = make_case(make_voice(), title="食堂午餐异物孩子拉肚子清洗筐")
    close(case, reason="solved", text="已经更换清洗筐", by=cast.duty, now=now)
    like = past_like(make_issue(title="食堂午餐有异物"), WORDS)
    assert [(one.case, one.topic, one.place) for one in like] == [(case, False, "")]
    assert past_like(make_issue(title="路灯不亮"), ["路灯坏了"]) == []
    assert past_like(make_issue(title=""), []) == []
