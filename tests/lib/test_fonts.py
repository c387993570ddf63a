"""Finding a Chinese font."""

from tingda.lib import fonts


def test_a_known_chinese_font_is_found_in_a_folder_below(tmp_path):
    assert not fonts.chinese_font_present((tmp_path,))
    (tmp_path / "opentype").mkdir()
    (tmp_path / "opentype" / "DejaVuSans.ttf").touch()
    (tmp_path / "opentype" / "README-cjk.txt").touch()
    assert not fonts.chinese_font_present((tmp_path,))
    (tmp_path / "opentype" / "NotoSansCJK-Regular.ttc").touch()
    assert fonts.chinese_font_present((tmp_path,))


def test_a_folder_that_is_not_there_holds_no_font(tmp_path):
    assert not fonts.chinese_font_present((tmp_path / "none",))


def test_without_fontconfig_the_systems_folders_are_looked_at(monkeypatch, tmp_path):
    monkeypatch.setattr(fonts.shutil, "which", lambda name: None)
    monkeypatch.setattr(fonts, "_FOLDERS", (tmp_path,))
    assert not fonts.chinese_font_present()
    (tmp_path / "wqy-microhei.ttc").touch()
    assert fonts.chinese_font_present()
