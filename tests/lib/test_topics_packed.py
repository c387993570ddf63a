"""A model as bytes, and files that are not what they should be; when a new model is kept."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from tests.lib.test_topics import BUS, ROWS, SCHOOL, TOPICS, WATER
from tingda.lib.refusal import Refused
from tingda.lib.topics import packed
from tingda.lib.topics.kinds import Example, Settings
from tingda.lib.topics.model import Model
from tingda.lib.topics.packed import pack, unpack
from tingda.lib.topics.training import hold_out, train
from tingda.lib.topics.verdict import calibration_error, compared, macro_f1

TEXTS = ["停水", "刷卡机坏了", "写到半夜", "bus"]


@pytest.fixture(scope="module")
def taught() -> Model:
    return train(ROWS, TOPICS, settings=Settings(threshold=0.7))


def changed(data: bytes, **parts: object) -> bytes:
    """The same file with other parts; the header as a dictionary."""
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        arrays = dict(found)
    for name, value in parts.items():
        if name == "header":
            text = json.dumps(json.loads(arrays["header"].tobytes()) | dict(value))  # type: ignore[call-overload]
            value = np.frombuffer(text.encode(), dtype=np.uint8)
        arrays[name] = value
    sheet = io.BytesIO()
    np.savez(sheet, **arrays)
    return sheet.getvalue()


def resealed(data: bytes, **parts: object) -> bytes:
    """The same, with a digest that fits."""
    spoiled = changed(data, **parts)
    header, arrays = packed._read(spoiled)
    header.pop("digest")
    return changed(spoiled, header={"digest": packed._digest(header, arrays)})


@pytest.mark.parametrize("rows", [[], ROWS], ids=["cold", "taught"])
def test_a_model_comes_back_as_it_was(rows: list[Example]) -> None:
    model = train(rows, TOPICS, settings=Settings(threshold=0.7))
    back = unpack(pack(model), TOPICS)
    assert back.judge(TEXTS) == model.judge(TEXTS)
    assert (back.topics, back.settings, back.rows) == (model.topics, model.settings, model.rows)


def test_the_same_model_gives_the_same_bytes(taught: Model) -> None:
    assert pack(taught) == pack(unpack(pack(taught), TOPICS))


def test_a_newer_version_is_told_from_a_damaged_file(taught: Model) -> None:
    with pytest.raises(Refused, match="更新的版本"):
        unpack(changed(pack(taught), header={"version": 2, "surprise": True}), TOPICS)


def test_another_list_of_topics_is_refused(taught: Model) -> None:
    for topics in ([BUS, WATER], [*TOPICS, replace(BUS, key="tram")]):
        with pytest.raises(Refused, match="需要重新训练"):
            unpack(pack(taught), topics)


def test_other_words_in_another_order_are_not_another_list(taught: Model) -> None:
    renamed = [SCHOOL, replace(BUS, name="公共汽车", keywords=()), WATER]
    assert unpack(pack(taught), renamed).judge(TEXTS) == taught.judge(TEXTS)


def test_damaged_files_are_refused(taught: Model) -> None:
    data = pack(taught)
    arrays = dict(np.load(io.BytesIO(data), allow_pickle=False))
    pickled = io.BytesIO()
    np.savez(pickled, header=np.array([{"version": 1}], dtype=object), allow_pickle=True)
    spoiled = [
        b"",
        b"not a model",
        data[: len(data) // 2],
        data[:200] + bytes([data[200] ^ 255]) + data[201:],
        pickled.getvalue(),
        changed(data, weights=arrays["weights"] * 2),
        changed(data, header={"temperature": 3.0}),
        changed(data, header={"version": "one"}),
        resealed(data, weights=arrays["weights"][:, :2]),
        resealed(data, weights=arrays["weights"] * np.float32("nan")),
        resealed(data, bias=arrays["bias"].astype(np.float32)),
        resealed(data, words=np.frombuffer(b"\xff\xfe", dtype=np.uint8)),
        resealed(data, header={"temperature": 0}),
        resealed(data, header={"settings": {"unknown": 1}}),
    ]
    for number, file in enumerate(spoiled):
        with pytest.raises(Refused, match="已损坏"):
            assert unpack(file, TOPICS) == number


def test_a_file_that_unpacks_without_end_is_refused(
    taught: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "LARGEST", 1000)
    with pytest.raises(Refused, match="已损坏"):
        unpack(pack(taught), TOPICS)


def test_a_better_model_is_kept_and_a_worse_one_is_not() -> None:
    learnt, held = hold_out(ROWS)
    cold, new = (train(rows, TOPICS, settings=Settings()) for rows in ([], learnt))
    assert compared(new, cold, held=held, fresh=[], learnt_from=learnt).better
    assert not compared(cold, new, held=held, fresh=[], learnt_from=[]).better
    assert not compared(new, new, held=held, fresh=[], learnt_from=learnt).better


@pytest.mark.slow
def test_what_the_old_way_never_saw_is_asked_of_the_new_one_in_parts() -> None:
    learnt, held = hold_out(ROWS)
    cold, new = (train(rows, TOPICS, settings=Settings()) for rows in ([], learnt))
    whole = compared(new, cold, held=held, fresh=learnt, learnt_from=learnt)
    assert whole.better
    assert [one.example for one in whole.judged] == [*held, *learnt]
    by_heart = sum(one.new == one.example.topic for one in whole.judged) / len(whole.judged)
    assert whole.new.accuracy == round(by_heart, 4)


def test_too_few_rows_decide_nothing() -> None:
    cold, new = (train(rows, TOPICS, settings=Settings()) for rows in ([], ROWS))
    few = compared(new, cold, held=ROWS[:5], fresh=[], learnt_from=ROWS)
    assert (few.better, len(few.judged)) == (False, 5)
    assert compared(new, cold, held=[], fresh=[], learnt_from=ROWS).new == (0, 0, 0)


def test_macro_f1_counts_a_missing_guess_as_a_miss() -> None:
    assert macro_f1(["a", None, "b"], ["a", "a", "b"]) == pytest.approx((2 / 3 + 1) / 2)
    assert macro_f1([], []) == 0


def test_calibration_error_is_the_gap_between_said_and_right() -> None:
    assert calibration_error([0.8] * 10, [True] * 8 + [False] * 2) == pytest.approx(0)
    assert calibration_error([1.0] * 4, [True, False] * 2) == pytest.approx(0.5)
    assert calibration_error([], []) == 0
