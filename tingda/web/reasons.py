"""Why a voice is urgent, in words: the lists by which it is judged, by their names."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tingda.analyse.models import Intent

REASONS: Mapping[str, object] = dict(Intent.choices) | {
    # danger to life and body
    "fire": _("着火冒烟"),
    "gas": _("燃气、有毒气体"),
    "collapse": _("倒塌、坠落"),
    "falls": _("倒塌、坠落"),
    "shock": _("触电、漏电"),
    "poison": _("中毒、误食"),
    "violence": _("打人伤人"),
    "weapon": _("有人拿着凶器"),
    "beats": _("正在打人"),
    "threat": _("威胁伤人"),
    "held": _("被人关住、扣住"),
    "sexual": _("性侵害"),
    "abuse": _("虐待、欺凌"),
    "suicide": _("有轻生的话"),
    "selfharm": _("有轻生的话"),
    "water": _("溺水、洪水"),
    "trapped": _("有人被困"),
    "medical": _("急病、受伤"),
    "breath": _("喘不上气"),
    "colour": _("脸色、唇色不对"),
    "response": _("叫不应、昏倒"),
    "blood": _("流血、外伤"),
    "pain": _("剧烈疼痛"),
    "animal": _("动物伤人"),
    "rescue": _("要人去救"),
    "driving": _("危险驾驶"),
    "gone": _("有人走失"),
    "missing": _("有人走失"),
    "harm": _("孩子或弱者受伤害"),
    "child": _("涉及孩子"),
    "helpless": _("涉及老人、病人等"),
    # within a day
    "supply": _("停水停电停气等"),
    "hazard": _("现场有危险"),
    "ill": _("有人不舒服"),
    "several": _("不止一个人"),
    "crowd": _("涉及很多人"),
    "many": _("涉及很多人"),
    "scale": _("涉及很多人"),
    "weak": _("涉及老人、孩子、病人"),
    "family": _("涉及家里人"),
    "suffers": _("正在受苦"),
    "deadline": _("眼看就到期限"),
    "tomorrow": _("眼看就到期限"),
    "loses": _("马上要受损失"),
    "repeated": _("反映多次没有回音"),
    "again": _("反映多次没有回音"),
    "lasts": _("已经拖了很久"),
    "now": _("正在发生"),
    "urges": _("在催、在求救"),
    "blocked": _("通道被堵"),
}


def reason(code: str) -> str:
    """The reason in the reader's language; one that has no words here is told by its own name."""
    words = REASONS.get(code)
    return str(words) if words else gettext("判断用词“%(name)s”") % {"name": code}
