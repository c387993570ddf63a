"""The Word file, read back the way Word would: page, grid, styles, and what is in it."""

import io
import struct
import zipfile
import zlib
from datetime import UTC, datetime

import pytest
from docx import Document
from docx.document import Document as OpenedDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.shared import Mm
from hypothesis import given, settings
from hypothesis import strategies as st

from tingda.lib.official import Link, OfficialDocument
from tingda.lib.official_layout import heading_number, width_in_characters
from tingda.lib.xml_text import clean


def reopened(document: OfficialDocument) -> OpenedDocument:
    stream = io.BytesIO()
    document.save(stream)
    stream.seek(0)
    return Document(stream)


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def document() -> OfficialDocument:
    return OfficialDocument()


def texts(document: OfficialDocument) -> list[tuple[str, str]]:
    return [(line.style.name, line.text) for line in reopened(document).paragraphs]


def test_the_page_is_a4_with_the_standards_text_block(document):
    section = reopened(document).sections[0]
    found = [
        round(length.mm)
        for length in (
            section.page_width,
            section.page_height,
            section.top_margin,
            section.left_margin,
            section.bottom_margin,
            section.right_margin,
        )
    ]
    assert found == [210, 297, 37, 28, 35, 26]


def test_the_grid_holds_22_lines_of_28_characters(document):
    section = reopened(document).sections[0]
    grid = section._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:type")) == "linesAndChars"
    pitch = int(grid.get(qn("w:linePitch")))
    height = section.page_height.twips - section.top_margin.twips - section.bottom_margin.twips
    assert height // pitch == 22
    width = section.page_width.pt - section.left_margin.pt - section.right_margin.pt
    assert width // (16 + int(grid.get(qn("w:charSpace"))) / 4096) == 28


@pytest.mark.parametrize(
    ("style", "font", "size"),
    [
        ("Normal", "仿宋_GB2312", 16),
        ("Body Text", "仿宋_GB2312", 16),
        ("Title", "方正小标宋简体", 22),
        ("Heading 1", "黑体", 16),
        ("Heading 2", "楷体_GB2312", 16),
        ("Heading 3", "仿宋_GB2312", 16),
        ("Footer", "宋体", 14),
    ],
)
def test_each_kind_of_text_has_the_standards_type(document, style, font, size):
    found = reopened(document).styles[style]
    fonts = found.element.rPr.rFonts
    assert {fonts.get(qn(f"w:{script}")) for script in ("ascii", "hAnsi", "eastAsia")} == {font}
    assert found.font.size.pt == size


def test_sixteen_point_type_is_set_28_to_a_line_without_the_grid(document):
    style = reopened(document).styles["Body Text"].element
    tracking = int(style.rPr.find(qn("w:spacing")).get(qn("w:val"))) / 20
    assert Mm(156).pt // (16 + tracking) == 28
    assert style.pPr.find(qn("w:snapToGrid")).get(qn("w:val")) == "0"


def test_body_and_headings_are_indented_two_characters(document):
    styles = reopened(document).styles
    for name in ("Body Text", "Heading 1", "Heading 2", "Heading 3"):
        assert styles[name].element.pPr.find(qn("w:ind")).get(qn("w:firstLineChars")) == "200"


def test_page_numbers_stand_between_dashes_odd_right_even_left(document):
    opened = reopened(document)
    assert opened.settings.odd_and_even_pages_header_footer
    section = opened.sections[0]
    odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
    for line in (odd, even):
        assert "".join(node.text for node in line._p.iter(qn("w:t"))) == "— 1 —"
        assert [field.get(qn("w:instr")) for field in line._p.iter(qn("w:fldSimple"))] == ["PAGE"]
    assert [str(odd.alignment), even.alignment] == ["RIGHT (2)", None]
    assert odd._p.pPr.find(qn("w:ind")).get(qn("w:rightChars")) == "100"
    assert even._p.pPr.find(qn("w:ind")).get(qn("w:leftChars")) == "100"
    # 7 mm under the text block stands a line of 16 pt.
    assert round(35 - section.footer_distance.mm - 16 / 72 * 25.4, 1) == 7.0


def test_headings_number_themselves_and_begin_again_under_a_new_one(document):
    for level in (1, 2, 3, 3, 2, 3, 1, 2):
        document.heading("题", level)
    assert [text for _, text in texts(document)] == [
        "一、题",
        "（一）题",
        "1. 题",
        "2. 题",
        "（二）题",
        "1. 题",
        "二、题",
        "（一）题",
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [(9, "九、"), (10, "十、"), (11, "十一、"), (20, "二十、"), (99, "九十九、")],
)
def test_heading_numbers_are_chinese(number, text):
    assert heading_number(1, number) == text


def test_a_heading_of_a_fourth_level_is_refused(document):
    with pytest.raises(ValueError, match="level"):
        document.heading("题", 4)


def test_a_document_reads_from_title_to_date(document):
    document.title("关于今日声音的报告")
    document.addressee("办公室:")
    document.paragraph("今日听到声音 12 条。")
    document.signature("服务中心", "2026年11月21日")
    assert texts(document) == [
        ("Title", "关于今日声音的报告"),
        ("Normal", ""),
        ("Normal", "办公室："),
        ("Body Text", "今日听到声音 12 条。"),
        ("Normal", ""),
        ("Normal", ""),
        ("Normal", "服务中心"),
        ("Normal", "2026年11月21日"),
    ]


def test_the_date_stands_four_characters_in_and_the_name_centred_over_it(document):
    document.signature("服务中心", "2026年11月21日")
    name, day = reopened(document).paragraphs[-2:]
    inset = [line._p.pPr.find(qn("w:ind")).get(qn("w:rightChars")) for line in (name, day)]
    assert inset == [str(round((4 + (8.25 - 4) / 2) * 100)), "400"]
    assert width_in_characters("2026年11月21日") == 8.25


def test_a_masthead_leaves_two_lines_before_the_title(document):
    document.masthead("每日简报", left="服务中心", right="第1期")
    document.title("题")
    assert [style for style, _ in texts(document)] == [
        "Masthead",
        "Masthead Line",
        "Normal",
        "Normal",
        "Title",
    ]


def test_a_table_repeats_its_head_and_keeps_rows_whole(document):
    document.table(["单位", "件数"], [["甲", "3"], ["乙", "5"]], numbers=frozenset({1}))
    (table,) = reopened(document).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["单位", "件数"],
        ["甲", "3"],
        ["乙", "5"],
    ]
    marks = [[mark.tag for mark in row._tr.trPr] for row in table.rows]
    assert marks == [[qn("w:cantSplit"), qn("w:tblHeader")], *[[qn("w:cantSplit")]] * 2]
    assert str(table.cell(1, 1).paragraphs[0].alignment) == "RIGHT (2)"
    assert sum(column.width for column in table.columns) == pytest.approx(Mm(156), rel=1e-4)


@pytest.mark.parametrize(("head", "rows"), [([], []), (["甲", "乙"], [["只有一格"]])])
def test_a_table_that_does_not_fit_together_is_refused(document, head, rows):
    with pytest.raises(ValueError, match="cell"):
        document.table(head, rows)
    assert texts(document) == []


def test_a_picture_carries_its_words(document):
    document.picture(png(60, 30), "近三十日每日声音数", caption="图1")
    opened = reopened(document)
    (shape,) = opened.inline_shapes
    assert shape._inline.docPr.get("descr") == "近三十日每日声音数"
    assert round(shape.width.mm) == 156
    assert [line.text for line in opened.paragraphs] == ["", "图1"]


def test_a_tall_picture_is_made_to_fit_the_page(document):
    document.picture(png(10, 100), "塔")
    (shape,) = reopened(document).inline_shapes
    assert round(shape.height.mm) == 180
    assert shape.height / shape.width == pytest.approx(10, rel=1e-3)


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", png(0, 4)])
def test_bytes_that_are_no_picture_are_refused_and_nothing_stays(document, data):
    with pytest.raises(ValueError, match="picture"):
        document.picture(data, "无")
    assert texts(document) == []


def test_words_lead_to_a_web_address(document):
    document.paragraph("其中 ", Link("2 件", "https://example.org/cases?late=1&x=2"), "已超期。")
    opened = reopened(document)
    (anchor,) = opened.paragraphs[0].hyperlinks
    assert (anchor.text, anchor.url) == ("2 件", "https://example.org/cases?late=1&x=2")
    assert opened.paragraphs[0].text == "其中 2 件已超期。"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file://server/share", "\\\\server\\share", "", "https://a b"]
)
def test_any_other_address_is_left_out_and_the_words_stay(document, url):
    document.paragraph(Link("点这里", url))
    opened = reopened(document)
    assert (opened.paragraphs[0].text, opened.paragraphs[0].hyperlinks) == ("点这里", [])


def test_the_file_says_who_and_when():
    moment = datetime(2026, 11, 21, 9, tzinfo=UTC)
    made = reopened(OfficialDocument(subject="日报", author="服务中心", created=moment))
    found = made.core_properties
    assert (found.title, found.author, found.created) == ("日报", "服务中心", moment)


def test_each_font_of_the_standard_names_a_substitute(document):
    fonts = reopened(document).part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE).blob.decode()
    assert fonts.count("w:altName") == 5
    assert 'w:name="仿宋_GB2312"><w:altName w:val="仿宋"/>' in fonts


def test_a_document_is_saved_to_a_path(document, tmp_path):
    document.paragraph("好")
    document.save(tmp_path / "a.docx")
    assert zipfile.ZipFile(tmp_path / "a.docx").testzip() is None


@settings(max_examples=25, deadline=None)  # each example is a whole file, some 80 ms
@given(st.text(st.characters(exclude_categories=())))
def test_no_text_can_break_the_file(text):
    document = OfficialDocument(subject=text, author=text)
    document.masthead(text, left=text, right=text)
    document.title(text)
    document.addressee(text)
    document.heading(text)
    document.paragraph(text, Link(text, "https://example.org/" + text))
    document.table([text], [[text]])
    document.picture(png(1, 1), text, caption=text)
    document.signature(text, text)
    assert len(reopened(document).tables) == 1


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"))))
def test_a_readable_text_stays_as_it_is(text):
    assert clean(text) == text
