"""How names sound."""

import pytest

from tingda.lib.sounds import sounds_of


@pytest.mark.parametrize(
    ("name", "sounds"),
    [
        ("翠屏", ("cui", "ping")),
        ("学府路", ("xue", "fu", "lu")),
        ("绿洲", ("lv", "zhou")),
        ("啊座", ("a", "zuo")),  # the first and the last of the everyday characters
        ("云溪a座", ()),
        ("馨岚", ("xin", "lan")),  # rarer, but liked in names
        ("龘苑", ()),  # not known
        ("", ()),
    ],
)
def test_everyday_characters_have_a_sound(name: str, sounds: tuple[str, ...]) -> None:
    assert sounds_of(name) == sounds
