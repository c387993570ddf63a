"""Roles and what each may do. One table, read by every permission check."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

INVITATION_LASTS = timedelta(days=7)

DUTY, LIAISON, DRAFTER, RELEASER, AUDITOR, ADMIN = (
    "duty",
    "liaison",
    "drafter",
    "releaser",
    "auditor",
    "admin",
)

ROLES = {
    DUTY: _("值班员"),
    LIAISON: _("联络员"),
    DRAFTER: _("拟稿人"),
    RELEASER: _("签发人"),
    AUDITOR: _("审计员"),
    ADMIN: _("管理员"),
}

# What a role may do beyond looking. A person may hold several roles; the four eyes of an answer
# are two persons, whatever their roles (answers/rules.py).
MAY: dict[str, frozenset[str]] = {
    "hear": frozenset({DUTY, ADMIN}),  # import, hotline form
    "group": frozenset({DUTY}),  # merge, split, rename, not ours
    "take_on": frozenset({DUTY}),  # open a case, refer, close, reopen, acknowledge an alert
    "state_facts": frozenset({DUTY, LIAISON}),
    "draft": frozenset({DRAFTER, DUTY}),
    "review": frozenset({DRAFTER, RELEASER, DUTY}),
    "release": frozenset({RELEASER}),
    "extend": frozenset({RELEASER}),  # grant a longer deadline that somebody else asked for
    "decide_owner": frozenset({DUTY, RELEASER}),  # whose a matter is that a unit says is not its
    "open_contact": frozenset({DUTY}),
    "watch": frozenset({DUTY, ADMIN}),  # words that mark voices
    "configure": frozenset({ADMIN}),  # sources, topics, clocks, people
    "audit": frozenset({AUDITOR, ADMIN}),  # the whole ledger
}

# The deeds in words, for who wants to know what a role may do.
DEEDS: dict[str, str] = {
    "hear": _("导入声音，登记来电来访"),
    "group": _("合并、拆分、改名议题，判定不属于我们"),
    "take_on": _("立为事项，发联系单，办结，确认预警"),
    "state_facts": _("填写核实，反馈联系单"),
    "draft": _("拟回应，提交签发"),
    "review": _("退回修改回应"),
    "release": _("签发回应和更正"),
    "extend": _("批准别人申请的延期"),
    "decide_owner": _("决定单位提出异议的事项归谁"),
    "open_contact": _("写明理由后查看反映人的联系方式"),
    "watch": _("增改关注和名单"),
    "configure": _("设置来源、主题、时钟、人员和单位"),
    "audit": _("查看全部台账"),
}

# Roles that work at the desk; a liaison alone sees only what was referred to the own unit.
STAFF = frozenset({DUTY, DRAFTER, RELEASER, AUDITOR, ADMIN})


def may(roles: frozenset[str], deed: str) -> bool:
    """Whether one of the roles allows the deed. An unknown deed raises KeyError."""
    return bool(roles & MAY[deed])


# ---- units in a tree ----
Parents = Mapping[int, int | None]


def within(unit: int, parents: Parents) -> set[int]:
    """The unit and everything below it. A circle, which the tables allow, ends the walk."""
    found, grown = {unit}, True
    while grown:
        more = {one for one, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found


def check_place(unit: int, parent: int | None, parents: Parents) -> None:
    """Refused where a unit would stand below itself."""
    if parent is not None and parent in within(unit, parents):
        raise Refused(_("单位不能放在自己或自己的下级单位之下"))


def check_merger(unit: int, heir: int, parents: Parents) -> None:
    """Refused where a unit would be merged into itself or into a part of itself."""
    if unit == heir:
        raise Refused(_("单位不能并入自己"))
    if heir in within(unit, parents):
        raise Refused(_("单位不能并入自己的下级单位，请先把那个下级单位移出来"))


# ---- standing in ----
Away = Mapping[int, int]  # who is away today -> who stands in


def told(people: Collection[int], away: Away) -> list[int]:
    """Who is told what these people are told: they and, where away, their deputies, each once."""
    found = list(dict.fromkeys(people))
    for person in found:
        deputy = away.get(person)
        if deputy is not None and deputy not in found:
            found.append(deputy)
    return found


def check_absence(begins: date, ends: date, today: date) -> None:
    """Refused where the days are in no order or over."""
    if ends < begins:
        raise Refused(_("结束的日子早于开始的日子"))
    if ends < today:
        raise Refused(_("这段时间已经过去了"))
    if ends - begins > timedelta(days=366):
        raise Refused(_("一次最多一年"))


# ---- tables of units and people ----
# What a column is called.
UNIT_COLUMNS = {
    "name": _("单位名称"),
    "parent": _("上级单位"),
    "name_en": _("英文名称"),
    "phone": _("联系电话"),
    "hours": _("办公时间"),
}
PERSON_COLUMNS = {
    "name": _("姓名或岗位"),
    "login": _("登录名"),
    "unit": _("单位"),
    "roles": _("角色"),
    "phone": _("联系电话"),
    "email": _("电子邮箱"),
}
NEEDED = {"units": ("name",), "people": ("name", "login", "unit", "roles")}
LONGEST = {"name": 100, "name_en": 200, "phone": 50, "hours": 200, "login": 64, "email": 254}
Cells = tuple[int, Mapping[str, str]]  # the number of the row, and its values by column


@dataclass(frozen=True, slots=True)
class Wanted:
    """A unit or a person as a row of a table asks for it; `roles` are codes."""

    number: int
    values: Mapping[str, str]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be, and why."""

    number: int
    text: str
    reason: Refused


Sorted = tuple[list[Wanted], list[Reject]]


def columns_of(header: Collection[str], words: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """What a table is about, "units" or "people", and the key of each of its columns. `words` are
    the names of the columns in another language, with what they are called here.

    Refused where a column is missing.
    """
    called = {words.get(name, name): name for name in header}
    kind = "people" if PERSON_COLUMNS["login"] in called else "units"
    known = PERSON_COLUMNS if kind == "people" else UNIT_COLUMNS
    found = {called[name]: key for key, name in known.items() if name in called}
    missing = [known[key] for key in NEEDED[kind] if key not in found.values()]
    if missing:
        raise Refused(_("表头缺少这些列：%(columns)s。请用模板"), columns="、".join(missing))
    return kind, found


def sort_units(rows: Iterable[Cells], house: Collection[str]) -> Sorted:
    """Which rows can be added as units, upper ones first; `house` are the names that are there."""
    taken, wanted, rejects = set(house), [], []
    for number, values in rows:
        name = values.get("name", "")
        try:
            _check_cells(values, ("name",))
            if name in taken:
                raise Refused(_("已有同名的单位：%(name)s"), name=name)
            if list(house).count(above := values.get("parent", "")) > 1:
                raise Refused(_("有几个单位都叫%(name)s，请先改名"), name=above)
        except Refused as reason:
            rejects.append(Reject(number, name, reason))
        else:
            taken.add(name)
            wanted.append(Wanted(number, values))
    return _upper_first(wanted, house, rejects)


def _upper_first(wanted: list[Wanted], house: Collection[str], rejects: list[Reject]) -> Sorted:
    there, waiting, ordered = {"", *house}, wanted, list[Wanted]()
    while ready := [row for row in waiting if row.values.get("parent", "") in there]:
        ordered += ready
        there |= {row.values["name"] for row in ready}
        waiting = [row for row in waiting if row not in ready]
    names = {row.values["name"] for row in waiting}
    for row in waiting:
        above = row.values["parent"]
        text = _("上级单位绕成了一圈：%(name)s") if above in names else _("没有这个单位：%(name)s")
        rejects.append(Reject(row.number, row.values["name"], Refused(text, name=above)))
    return ordered, sorted(rejects, key=lambda one: one.number)


def sort_people(
    rows: Iterable[Cells], units: Collection[str], logins: Collection[str], words: Mapping[str, str]
) -> Sorted:
    """Which rows can be added as people. `units` are the names of the house, each as often as it
    is there; `words` are further names of roles, in lower case, with their codes."""
    taken = {login.casefold() for login in logins}
    wanted, rejects = list[Wanted](), list[Reject]()
    for number, values in rows:
        try:
            row = Wanted(number, values, _roles_of(values.get("roles", ""), words))
            _check_person(values, list(units), taken)
        except Refused as reason:
            rejects.append(Reject(number, values.get("login") or values.get("name", ""), reason))
        else:
            taken.add(values["login"].casefold())
            wanted.append(row)
    return wanted, rejects


def _check_person(values: Mapping[str, str], units: list[str], taken: set[str]) -> None:
    _check_cells(values, NEEDED["people"])
    login, unit, email = values["login"], values["unit"], values.get("email", "")
    if not re.fullmatch(r"[\w.@-]+", login):
        raise Refused(_("登录名只能用字母、数字、点、横线：%(login)s"), login=login)
    if login.casefold() in taken:
        raise Refused(_("登录名 %(login)s 已被使用"), login=login)
    if (times := units.count(unit)) != 1:
        text = _("有几个单位都叫%(name)s，请先改名") if times else _("没有这个单位：%(name)s")
        raise Refused(text, name=unit)
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise Refused(_("电子邮箱写得不对：%(email)s"), email=email)


def _check_cells(values: Mapping[str, str], needed: Iterable[str]) -> None:
    if not all(values.get(key) for key in needed):
        raise Refused(_("缺少必填的内容"))
    if any(len(values.get(key, "")) > most for key, most in LONGEST.items()):
        raise Refused(_("有一格太长"))


def _roles_of(text: str, words: Mapping[str, str]) -> tuple[str, ...]:
    names = {name: code for code, name in ROLES.items()} | {code: code for code in ROLES}
    found = []
    for part in re.split(r"[、，,;；/|\s]+", text.strip()):
        code = names.get(part) or words.get(part.lower())
        if part and code is None:
            raise Refused(_("没有这个角色：%(role)s"), role=part)
        found += [code] if code else []
    return tuple(role for role in ROLES if role in found)
