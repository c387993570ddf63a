"""The lists by which urgency is judged: read, shown, changed by an office."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from tingda.lib.cues import Cues
from tingda.lib.refusal import Refused
from tingda.lib.text import fold
from tingda.lib.words import mark as _

Groups = dict[str, tuple[str, ...]]

LONGEST_CUE = 60

LABELS: Mapping[str, str] = {
    "danger.fire": _("着火、冒烟、爆炸"),
    "danger.gas": _("燃气或有毒气体"),
    "danger.collapse": _("倒塌、滑坡、砸落"),
    "danger.shock": _("漏电、触电"),
    "danger.poison": _("中毒、误食"),
    "danger.violence": _("有人施暴或持械"),
    "danger.abuse": _("虐待、侵害"),
    "danger.suicide": _("有人想不开"),
    "danger.water": _("落水、洪水"),
    "danger.trapped": _("有人被困"),
    "danger.medical": _("有人急病或重伤"),
    "danger.animal": _("动物伤人"),
    "danger.rescue": _("救援受阻"),
    "danger.driving": _("危险驾驶、车祸"),
    "passing.words": _("随口也说的词：要有旁证"),
    "bears.now": _("正在发生"),
    "bears.who": _("说到谁"),
    "missing.gone": _("有人失踪"),
    "missing.person": _("失踪的是人"),
    "missing.things": _("不见的是物"),
    "child.harm": _("伤害孩子或无助的人"),
    "child.child": _("孩子或无助的人"),
    "damp.negated": _("否定"),
    "damp.prevents": _("预防"),
    "damp.fears": _("担心会发生"),
    "damp.supposes": _("假设"),
    "damp.compares": _("比喻"),
    "damp.past": _("过去的事"),
    "damp.present": _("现在的事"),
    "damp.teaches": _("演练、课程、宣传"),
    "damp.fiction": _("影视、游戏、小说"),
    "damp.tells_news": _("新闻"),
    "damp.resolved": _("已经解决"),
    "beside.words": _("含有危险字眼的别的词"),
    "serious.supply": _("停水、停电、停气、停暖、停运"),
    "serious.hazard": _("尚未出事的隐患"),
    "serious.ill": _("有人生病"),
    "serious.several": _("不止一人"),
    "serious.weak": _("老人、病人、孕妇、孩子"),
    "serious.suffers": _("难以度日"),
    "serious.deadline": _("期限就到"),
    "serious.loses": _("将失去要紧的东西"),
    "serious.repeated": _("多次反映没有回音"),
    "serious.many": _("许多人"),
    "announced.words": _("已预告的停供"),
    "ask.procedure": _("问规定和手续"),
    "ask.personal": _("问自己的事"),
    "ask.lasts": _("问了很久的事"),
    "sign.breath": _("呼吸"),
    "sign.colour": _("脸色、唇色"),
    "sign.response": _("叫不应、动不了"),
    "sign.blood": _("流血、摔伤"),
    "sign.pain": _("疼痛、不适"),
    "sign.poison": _("吃下、咬伤"),
    "sign.fire": _("火和烟"),
    "sign.gas": _("气味、泄漏"),
    "sign.shock": _("电"),
    "sign.falls": _("开裂、松动、倾斜"),
    "sign.water": _("水和冰"),
    "sign.trapped": _("困住、卡住"),
    "sign.weapon": _("凶器"),
    "sign.beats": _("殴打"),
    "sign.threat": _("威胁"),
    "sign.held": _("限制自由"),
    "sign.sexual": _("侵犯"),
    "sign.selfharm": _("轻生"),
    "sign.missing": _("不见了"),
    "sign.child": _("说到孩子"),
    "sign.helpless": _("说到老弱病残孕"),
    "sign.family": _("说到某个人"),
    "sign.now": _("就在现在"),
    "sign.urges": _("催促、求救"),
    "sign.hidden": _("不敢出声"),
    "sign.crowd": _("人群、车辆、动物"),
    "sign.blocked": _("受阻、无人接应"),
    "sign.over": _("过去了、好了"),
    "sign.taught": _("演练、课程、保险"),
    "sign.played": _("影视、游戏、比赛"),
    "sign.news": _("新闻、通知、广告、闲聊"),
    "sign.likened": _("夸张、比喻"),
    "sign.asks": _("在问"),
    "sign.suggests": _("在建议"),
    "sign.praises": _("在称赞"),
    "sign.complains": _("在投诉或举报"),
    "sign.supply": _("供应和交通"),
    "sign.scale": _("涉及的人多"),
    "sign.lasts": _("持续了多久"),
    "sign.ill": _("生病"),
    "sign.tomorrow": _("期限"),
    "sign.hazard": _("隐患"),
    "sign.again": _("又一次反映"),
    "sign.once": _("头一次、不急"),
    "mood.words": _("情绪词：不计"),
    "wording": _("措辞"),
}
"""What each list means, to be shown; `wording` is told where no list but the wording decided."""

# Tables whose lists are told as reasons; where two have a list of one name, the first is told.
_TELLING = ("danger", "missing", "child", "serious", "sign", "damp", "ask", "bears", "announced")


@lru_cache(1)
def shipped() -> Groups:
    """The lists beside this file; a list `a` of table `t` is `t.a`."""
    groups: Groups = {}
    for file in ("urgency.toml", "signs.toml"):
        written = tomllib.loads(Path(__file__).with_name(file).read_text("utf-8"))
        for table, of in written.items():
            groups |= {f"{table}.{name}": tuple(words) for name, words in of.items()}
    return groups


def all_lists() -> list[tuple[str, tuple[str, ...]]]:
    """Every list by its name, with its words, as shipped."""
    return list(shipped().items())


def label_of(reason: str) -> str:
    """The Chinese msgid of a list or of a reason that `Why` names; "" for one that is no more."""
    if reason in LABELS:
        return LABELS[reason]
    named = (f"{table}.{reason}" for table in _TELLING)
    return next((LABELS[name] for name in named if name in LABELS), "")


def changed(
    groups: Groups, added: Mapping[str, Sequence[str]], removed: Mapping[str, Sequence[str]]
) -> Groups:
    """Other lists; a cue that cannot be read, or a list that is not there, is refused."""
    for name in (*added, *removed):
        if name not in groups:
            raise Refused(
                _("没有“%(name)s”这个词表，可改的有：%(known)s"), name=name, known="、".join(groups)
            )
    for cue in (cue for cues in added.values() for cue in cues):
        _check(cue)
    found = dict(groups)
    for name, cues in removed.items():
        gone = {_plain(cue) for cue in cues}
        found[name] = tuple(cue for cue in found[name] if _plain(cue) not in gone)
    for name, cues in added.items():
        found[name] = tuple(dict.fromkeys((*found[name], *cues)))
    return found


def _plain(cue: str) -> str:
    return fold(cue.strip()).text


def _check(cue: str) -> None:
    if not cue.strip() or len(cue) > LONGEST_CUE:
        raise Refused(_("词不能空，也不能超过 %(most)s 个字"), most=LONGEST_CUE)
    if cue.count("(") != cue.count(")") or "()" in cue or "（" in cue:
        raise Refused(_("“%(cue)s”的括号读不懂：几个词选一个，写成 (甲|乙)，用半角括号"), cue=cue)
    try:
        Cues({"trial": [cue]})
    except (ValueError, IndexError) as error:
        raise Refused(
            _("“%(cue)s”里要有一个普通的词，不能只有 … # *；例如：停了#天"), cue=cue
        ) from error
