"""Rules and texts at random, in both languages, made of few words so that they often meet."""

from hypothesis import strategies as st

from tingda.lib.watching.fold import Said

WORDS = [
    "停水",
    "水",
    "小区",
    "電話",
    "通知",
    "ai",
    "water",
    "cut",
    "5g",
    "停电通知",
    "no water",
    "a-b",
]
SIGNS = [
    "",
    " ",
    "，",
    "。",
    " · ",
    "-",
    "\u200b",
    "\n",
    "　",
    "#",
    "😡",
    "x",
    "1",
    "一二三",
    "chain",
    "\t ",
]
NAMES = ["论坛", "forum", "A3区"]
PATTERNS = [
    "停.{0,2}水", "水$", "^停", "(停|断)水", "[停断]电?", "wa?ter", "\\d+g", "a*", "停水|小区",
    "\\x61i", "\\141i", "[[:alpha:]水]区", "(?i)AI", "水{0}小区", "小{2(a|b}c)d" , "电\\Q话",
]  # fmt: skip

noisy = st.lists(
    st.sampled_from([*WORDS, *SIGNS, "Ａｉ", "停·水", "停 电", "WATER", "小區"]), max_size=12
).map("".join)
said = st.builds(
    Said,
    title=st.one_of(st.just(""), noisy),
    body=noisy,
    site=st.sampled_from(["", *NAMES]),
    place=st.sampled_from(["", *NAMES]),
    urgency=st.integers(0, 3),
    likes=st.integers(0, 5),
)

_word = st.one_of(
    st.sampled_from(WORDS).map(lambda word: f'"{word}"'),
    st.sampled_from(["停水", "水", "water", "AI", "停·水", "＃", "小區", "cut", "#停水#"]),
)
_term = st.one_of(
    _word,
    st.sampled_from(["wat*", "cha*", "@名单", "@空", "@没有"]),
    st.sampled_from(PATTERNS).map(lambda source: f"/{source}/"),
)
_field = st.one_of(
    st.builds(lambda field, term: f"{field}:{term}", st.sampled_from(["title", "body"]), _term),
    st.builds(
        lambda field, name: f"{field}:{name}",
        st.sampled_from(["site", "place"]),
        st.sampled_from([*NAMES, "for*"]),
    ),
    st.builds(
        lambda sign, number: f"likes:{sign}{number}",
        st.sampled_from([">", ">=", "<", "<=", ""]),
        st.integers(0, 5),
    ),
)
_side = st.one_of(
    _term, st.lists(_term, min_size=1, max_size=3).map(lambda terms: f"({' OR '.join(terms)})")
)
_near = st.one_of(
    st.builds(
        "{} {}NEAR/{} {}".format, _side, st.sampled_from(["", "O"]), st.integers(1, 6), _side
    ),
    st.builds("{} NEAR/{} {} ONEAR/2 {}".format, _side, st.integers(1, 4), _side, _side),
    st.builds(
        '"{} {}"~{}'.format,
        st.sampled_from(["停水", "ai"]),
        st.sampled_from(["小区", "水"]),
        st.integers(1, 6),
    ),
)
_leaf = st.one_of(_word, _term, _field, _near)


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {})".format, parts, parts),
        st.builds("({} OR {})".format, parts, parts),
        st.builds("{} AND {}".format, parts, parts),
        st.builds("{} -({})".format, parts, parts),
        st.builds("{} 或 NOT {}".format, parts, parts),
        st.builds("{}|{}".format, parts, parts),
    )


rules = st.recursive(_leaf, _joined, max_leaves=6)
LISTS = {"名单": ["停水", "no water", "wat*"], "空": []}

_PIECES = [
    *'()（）"“”「」-－*~～/@:：|&#．',
    " ",
    "　",
    "AND",
    "OR",
    "NOT",
    "NEAR",
    "NEAR/3",
    "ONEAR/21",
]
_PIECES += ["或", "且", "非", "title:", "likes:", ">", "停水", "water", "ab", "3"]
_PIECES += ["\u200b", "\ufeff", "\ud800", "\0"]
anything = st.one_of(
    st.text(max_size=40), st.lists(st.sampled_from(_PIECES), max_size=14).map("".join)
)
