"""The page, grid, type and footers of GB/T 9704-2012, set on an empty python-docx document.

The standard fixes the text block (156 × 225 mm) and what goes into it (22 lines of 28
characters); pitch and character space follow from these two and are computed here.

The page declares that grid, so that an office sees 22 × 28 in its page settings. The styles reach
the same measure without leaning on it: LibreOffice gives a character that is wider than its cell,
as 16 pt in 15.79 pt is, two cells, and puts 13 on a line.
"""

from dataclasses import dataclass
from itertools import pairwise
from unicodedata import east_asian_width

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import nsdecls, qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import Section, _Footer
from docx.shared import Length, Mm, Pt, RGBColor, Twips
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

PAGE_MM = (210, 297)
TOP_MM, LEFT_MM, RIGHT_MM, BOTTOM_MM = 37, 28, 26, 35
TEXT_WIDTH_MM, TEXT_HEIGHT_MM = 156, 225
LINES, CHARACTERS = 22, 28
BODY_PT, TITLE_PT, MASTHEAD_PT, TABLE_PT, PAGE_NUMBER_PT = 16, 22, 42, 12, 14
TEXT_WIDTH_PT = Mm(TEXT_WIDTH_MM).pt

# Rounded down, both: a twentieth of a point too much and the 22nd line, or the 28th character,
# goes over the edge.
LINE_PITCH = int(Mm(TEXT_HEIGHT_MM).twips / LINES)  # twentieths of a point
_CHARACTER_PT = TEXT_WIDTH_PT / CHARACTERS
CHARACTER_SPACE = int((_CHARACTER_PT - BODY_PT) * 4096) - 1  # 1/4096 pt beside the body type
# Twentieths of a point between characters: 28 fit from -5 on, with a renderer's rounding from -6
# on, and 29 only from -15 on; full lines are justified to the edge.
_BODY_TRACKING = -6

FANGSONG, XIAOBIAOSONG, HEITI = "仿宋_GB2312", "方正小标宋简体", "黑体"
KAITI, SONGTI = "楷体_GB2312", "宋体"
# The name a machine without the standard's font knows a near one by.
_SUBSTITUTES = {
    FANGSONG: "仿宋",
    XIAOBIAOSONG: "华文中宋",
    HEITI: "SimHei",
    KAITI: "楷体",
    SONGTI: "SimSun",
}
_RED = RGBColor(0xFF, 0, 0)
_LINK_BLUE = RGBColor(0x1D, 0x5F, 0xA8)
_PAGE_NUMBER_LINE_PT = 16
_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class _Look:
    """How one style looks; `indent` is the first line's, in characters."""

    font: str = FANGSONG
    size: float = BODY_PT
    align: ALIGN | None = None
    indent: int = 0
    keep_next: bool = False
    own_height: bool = False  # else each line is one of the 22
    colour: RGBColor | None = None
    outline: int | None = None


_LOOKS = {
    "Normal": _Look(),
    "Title": _Look(XIAOBIAOSONG, TITLE_PT, ALIGN.CENTER, keep_next=True),
    "Body Text": _Look(align=ALIGN.JUSTIFY, indent=2),
    "Heading 1": _Look(HEITI, indent=2, keep_next=True, outline=0),
    "Heading 2": _Look(KAITI, indent=2, keep_next=True, outline=1),
    "Heading 3": _Look(indent=2, keep_next=True, outline=2),
    "Footer": _Look(SONGTI, PAGE_NUMBER_PT, own_height=True),
    "Caption": _Look(KAITI, TABLE_PT, ALIGN.CENTER, own_height=True),
    "Picture": _Look(align=ALIGN.CENTER, own_height=True),
    "Table Head": _Look(HEITI, TABLE_PT, ALIGN.CENTER, keep_next=True, own_height=True),
    "Table Text": _Look(size=TABLE_PT, own_height=True),
    "Masthead": _Look(XIAOBIAOSONG, MASTHEAD_PT, ALIGN.CENTER, own_height=True, colour=_RED),
    "Masthead Line": _Look(),
}


def lay_out(document: Document) -> None:
    """Set page, grid, styles, fonts and page numbers on a new document."""
    _set_page(document.sections[0])
    _set_defaults(document)
    for name, look in _LOOKS.items():
        _set_style(document, name, look)
    document.styles["Table Text"].paragraph_format.space_before = Pt(2)
    document.styles["Table Text"].paragraph_format.space_after = Pt(2)
    _red_rule(document.styles["Masthead Line"])
    hyperlink = document.styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER, builtin=True)
    hyperlink.font.color.rgb, hyperlink.font.underline = _LINK_BLUE, True
    _name_fonts(document)
    _number_pages(document)


def heading_number(level: int, number: int) -> str:
    """一、 for level 1, （一） for level 2, 1. for level 3."""
    if level == 3:
        return f"{number}. "
    return f"{_chinese(number)}、" if level == 1 else f"（{_chinese(number)}）"


def width_in_characters(text: str) -> float:
    """About how many full characters wide a text is set; 2026年11月21日 is eight and a quarter.

    Word leaves a quarter of a character between Chinese and Latin.
    """
    wide = [east_asian_width(letter) in "WFA" for letter in text]
    changes = sum(one != next_one for one, next_one in pairwise(wide))
    return sum(1.0 if full else 0.5 for full in wide) + changes / 4


def inset_right(paragraph: Paragraph, characters: float) -> None:
    """Set the paragraph flush right, this many characters from the edge."""
    paragraph.alignment = ALIGN.RIGHT
    paragraph.paragraph_format.right_indent = _characters(characters)
    _indent(paragraph).set(qn("w:rightChars"), str(round(characters * 100)))


def _chinese(number: int) -> str:
    if not 1 <= number <= 99:
        return str(number)
    tens, ones = divmod(number, 10)
    lead = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return lead + (_DIGITS[ones] if ones else "")


def _characters(number: float) -> Length:
    return Pt(number * _CHARACTER_PT)


def _indent(of: Paragraph | ParagraphStyle) -> BaseOxmlElement:
    properties = of._p.get_or_add_pPr() if isinstance(of, Paragraph) else _properties(of)
    indent: BaseOxmlElement = properties.get_or_add_ind()
    return indent


def _properties(style: ParagraphStyle) -> BaseOxmlElement:
    properties: BaseOxmlElement = style.element.get_or_add_pPr()
    return properties


def _set_page(section: Section) -> None:
    section.page_width, section.page_height = Mm(PAGE_MM[0]), Mm(PAGE_MM[1])
    section.top_margin, section.bottom_margin = Mm(TOP_MM), Mm(BOTTOM_MM)
    section.left_margin, section.right_margin = Mm(LEFT_MM), Mm(RIGHT_MM)
    section.footer_distance = Mm(BOTTOM_MM - 7) - Pt(_PAGE_NUMBER_LINE_PT)
    grid = section._sectPr.find(qn("w:docGrid"))
    grid.set(qn("w:type"), "linesAndChars")
    grid.set(qn("w:linePitch"), str(LINE_PITCH))
    grid.set(qn("w:charSpace"), str(CHARACTER_SPACE))


def _set_defaults(document: Document) -> None:
    defaults = document.styles.element.find(qn("w:docDefaults"))
    language = defaults.find(f".//{qn('w:lang')}")
    language.set(qn("w:eastAsia"), "zh-CN")
    spacing = defaults.find(f".//{qn('w:pPrDefault')}//{qn('w:spacing')}")
    for name, value in {"after": "0", "line": "240"}.items():
        spacing.set(qn(f"w:{name}"), value)
    document.settings.element.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), "zh-CN")


def _set_style(document: Document, name: str, look: _Look) -> None:
    styles = document.styles
    known = [style.name for style in styles]
    style = styles[name] if name in known else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = styles["Normal"] if name != "Normal" else None
    for part in (style.element.pPr, style.element.rPr):
        if part is not None:  # the template's own colours and sizes
            style.element.remove(part)
    _set_type(style, look)
    shape = style.paragraph_format
    shape.alignment, shape.keep_with_next = look.align, look.keep_next
    shape.widow_control = False  # it would leave pages of 21 lines
    shape.line_spacing = 1.0 if look.own_height else Twips(LINE_PITCH)
    _before(style, _element("w:snapToGrid", val="0"), _AFTER_SNAP)
    if look.indent:
        shape.first_line_indent = _characters(look.indent)
        _indent(style).set(qn("w:firstLineChars"), str(look.indent * 100))
    if look.outline is not None:
        _properties(style).append(_element("w:outlineLvl", val=str(look.outline)))


def _set_type(style: ParagraphStyle, look: _Look) -> None:
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), look.font)
    style.font.size = Pt(look.size)
    if look.colour is not None:
        style.font.color.rgb = look.colour
    tracking = _BODY_TRACKING if look.size == BODY_PT else 0
    properties.insert_element_before(_element("w:spacing", val=str(tracking)), "w:sz")


# What the schema wants after these elements, of what is set here.
_AFTER_SNAP = ("w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl")
_AFTER_BORDER = ("w:shd", "w:tabs", "w:snapToGrid", *_AFTER_SNAP)


def _before(style: ParagraphStyle, element: BaseOxmlElement, others: tuple[str, ...]) -> None:
    _properties(style).insert_element_before(element, *others)


def _element(tag: str, **attributes: str) -> BaseOxmlElement:
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


def _red_rule(style: ParagraphStyle) -> None:
    border = _element("w:pBdr")
    border.append(_element("w:bottom", val="single", sz="12", space="4", color=str(_RED)))
    _before(style, border, _AFTER_BORDER)


def _name_fonts(document: Document) -> None:
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in _SUBSTITUTES.items()
    )
    blob = f"<w:fonts {nsdecls('w')}>{fonts}</w:fonts>".encode()
    (key,) = (
        key
        for key, relation in document.part.rels.items()
        if relation.reltype == RELATIONSHIP_TYPE.FONT_TABLE
    )
    del document.part.rels[key]
    name = PackURI("/word/fontTable.xml")
    table = Part(name, CONTENT_TYPE.WML_FONT_TABLE, blob, document.part.package)
    document.part.relate_to(table, RELATIONSHIP_TYPE.FONT_TABLE)


def head_pages(document: Document, text: str) -> None:
    """The same words at the head of every page."""
    section = document.sections[0]
    for header in (section.header, section.even_page_header):
        header.is_linked_to_previous = False
        header.paragraphs[0].text = text


def _number_pages(document: Document) -> None:
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    inset_right(_page_number(section.footer), 1)
    even = _page_number(section.even_page_footer)
    even.paragraph_format.left_indent = _characters(1)
    _indent(even).set(qn("w:leftChars"), "100")


def _page_number(footer: _Footer) -> Paragraph:
    footer.is_linked_to_previous = False
    line: Paragraph = footer.paragraphs[0]
    line.style = "Footer"
    line.paragraph_format.line_spacing = Pt(_PAGE_NUMBER_LINE_PT)
    line.add_run("— ")
    field = _element("w:fldSimple", instr="PAGE")
    field.append(line.add_run("1")._r)
    line._p.append(field)
    line.add_run(" —")
    return line
