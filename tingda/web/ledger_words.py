"""The record in words: one sentence for every verb that stands in the ledger."""

from collections.abc import Mapping
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext

from tingda.analyse.models import Intent, Label, Lesson, Urgency
from tingda.answers.models import Confirmation
from tingda.cases.models import Claim, Forwarding
from tingda.cases.rules import (
    ALL_STAGES,
    BANDS,
    CALLED,
    CLOSINGS,
    GRADES,
    KINDS,
    OBJECTION,
    REFERRAL,
    REPORT,
    WAITS,
)
from tingda.detect.models import Alert
from tingda.ledger.models import Line
from tingda.lib.masks import masked
from tingda.lib.urgency.lists import LABELS as CUES
from tingda.lib.words import mark as _
from tingda.notify.models import Reach
from tingda.people.rules import ROLES
from tingda.web.templatetags.tingda import when

SENTENCES: dict[str, str] = {
    # the house
    "institution.named": _("定下本单位名称：%(name)s"),
    "unit.added": _("新增单位：%(name)s"),
    "unit.changed": _("修改单位：%(before)s → %(name)s，上级单位%(parent)s"),
    "unit.contact": _("修改单位的负责人和联系方式：%(name)s，负责人%(lead)s"),
    "unit.closed": _("撤销单位：%(name)s"),
    "unit.reopened": _("恢复单位：%(name)s"),
    "unit.merged": _("单位%(name)s并入%(into)s"),
    "person.added": _("新增人员：%(name)s（%(roles)s）"),
    "person.changed": _("修改人员：%(before)s → %(name)s，%(unit)s，%(roles)s，%(active)s"),
    "person.password_reset": _("重设密码：%(name)s"),
    "person.password_changed": _("改了自己的密码：%(name)s"),
    "person.contact": _("修改联系方式：%(name)s"),
    "person.away": _("登记不在岗：%(name)s，%(begins)s到%(ends)s，由%(deputy)s代办"),
    "person.back": _("取消不在岗：%(name)s"),
    "person.invited": _("邀请：%(name)s"),
    "person.joined": _("接受邀请，设好密码：%(name)s"),
    "invitation.revoked": _("收回邀请：%(name)s"),
    "person.factor_reset": _("重设两步验证：%(name)s"),
    "person.signed_out": _("退出登录：%(name)s"),
    "factor.required": _("必须两步验证的角色：%(roles)s"),
    "clock.changed": _(
        "时钟：%(kind)s %(grades)s（%(stage)s），"
        "由 %(was_amount)s %(was_unit)s改为 %(amount)s %(unit)s"
    ),
    "deadline.moved": _("日历变了，“%(stage)s”时限由 %(due_was)s 改到 %(due_now)s"),
    "day.changed": _("%(day)s %(works)s：%(name)s"),
    "contact.opened": _("查看反映人联系方式，理由：%(reason)s"),
    # telling people
    "reach.added": _("新增通知方式：%(name)s（%(kind)s）"),
    "reach.changed": _("修改通知方式：%(name)s（%(kind)s）"),
    "reach.paused": _("停用通知方式：%(name)s（%(kind)s）"),
    "reach.resumed": _("恢复通知方式：%(name)s（%(kind)s）"),
    "reach.removed": _("去掉通知方式：%(name)s（%(kind)s）"),
    "mail_server.set": _("设定发信服务器：%(host)s"),
    "sending.again": _("把一条通知再发一次：%(name)s"),
    # hearing
    "import.started": _("开始导入：%(name)s"),
    "import.finished": _("导入完成：新增 %(added)s 条，重复 %(repeated)s 条，退回 %(rejected)s 行"),
    "import.failed": _("导入没有完成：%(name)s"),
    "source.added": _("新增来源：%(name)s"),
    "source.changed": _("修改来源：%(name)s"),
    "source.paused": _("停用来源：%(name)s"),
    "source.resumed": _("恢复来源：%(name)s"),
    "source.listened_closely": _("加密巡查“%(name)s”：每 %(minutes)s 分钟一次，原因：%(reason)s"),
    "source.listened_as_usual": _("结束加密巡查：%(name)s"),
    "source.silent": _("来源“%(name)s”很久没有新的，已提醒值班员"),
    "source.deaf": _("来源“%(name)s”听不到，已提醒值班员"),
    "source.heard_again": _("来源“%(name)s”又听到了"),
    "source.heard": _("从来源听到新的 %(added)s 条，重复 %(repeated)s 条"),
    "voice.taken": _("登记来电来访"),
    "voice.received": _("收到公众表单"),
    "voice.harm": _("像是有孩子受到伤害（%(words)s），已通知值班员"),
    "source.key_made": _("给来源“%(name)s”换了投递密钥"),
    "voice.attached": _("收下一个随附文件（%(size)s 字节）"),
    "evidence.kept": _("存下网页作证，指纹 %(sha256)s"),
    "evidence.words_kept": _("网页没有存成，存下听到的文字，指纹 %(sha256)s"),
    "voices.forgotten": _("满 %(days)s 天、不在任何事项里的 %(count)s 条声音到期删除"),
    # understanding
    "voice.tried_again": _("再试一次没有处理成的声音（%(count)s 条）"),
    "topic.seeded": _("装入内置主题 %(count)s 个"),
    "topic.added": _("新增主题：%(name)s"),
    "topic.changed": _("修改主题：%(name)s"),
    "reading.corrected": _("改正研读：%(name)s，%(was)s → %(value)s"),
    "reading.confirmed": _("确认研读：%(name)s是%(value)s"),
    "model.learnt": _("从 %(labels)s 条标注学成一个分类模型：%(state)s"),
    "topic.left": _("停用没有标注的主题 %(count)s 个"),
    "model.asked": _("要求后台学一次分类"),
    "model.used": _("启用分类模型"),
    "model.off": _("停用分类模型，只按主题词分类"),
    "intents.learnt": _("从 %(labels)s 条改正学习诉求的判断：%(kept)s"),
    "cues.changed": _("修改判断用词“%(list)s”：加 %(added)s 个，减 %(removed)s 个"),
    "sorting.changed": _("主题有把握的界限改为百分之 %(percent)s"),
    "places.read": _("读入地点表：新增 %(added)s 处，更新 %(changed)s 处"),
    "place.removed": _("从地点表去掉：%(name)s"),
    "watch.added": _("新增关注：%(name)s"),
    "watch.changed": _("修改关注：%(name)s"),
    "watch.handed_over": _("关注“%(name)s”交给%(to)s"),
    "list.seeded": _("装入内置名单 %(count)s 个"),
    "list.added": _("新增名单：%(name)s"),
    "list.changed": _("修改名单：%(name)s"),
    "list.dropped": _("去掉名单：%(name)s"),
    # grouping
    "issue.merged": _("把议题“%(title)s”并入议题 %(into)s"),
    "issue.split": _("拆出 %(voices)s 条声音，成为议题 %(into)s"),
    "issue.kept_apart": _("和议题 %(other)s“%(title)s”不是一回事，不合并"),
    "issue.kept_whole": _("“%(title)s”是一回事，建议拆出的 %(voices)s 条声音留在一起"),
    "issue.renamed": _("议题由“%(from)s”改名为“%(to)s”"),
    "issue.not_ours": _("议题“%(title)s”不属于我们，理由：%(reason)s"),
    "issue.ours_again": _("议题“%(title)s”仍是我们的，理由：%(reason)s"),
    "issue.assessed": _("写下第 %(number)s 份研判意见，建议：%(suggestion)s"),
    "claim.checked": _("说法“%(text)s”：%(verdict)s%(because)s"),
    "alert.raised": _("提出%(colour)s预警，待人确认"),
    "alert.level": _("预警升为%(colour)s，待人确认"),
    "alert.escalated": _("预警没有人说知道了，第 %(step)s 次通知"),
    "alert.acknowledged": _("知道了这个预警"),
    "alert.confirmed": _("确认预警为%(to)s%(because)s"),
    "alert.changed": _("预警由%(from)s改为%(to)s%(because)s"),
    "alert.ended": _("结束预警，理由：%(reason)s"),
    "heat.changed": _(
        "热度的权重：人数 %(people)s，传播 %(reach)s，紧急 %(urgency)s，增长 %(growth)s，"
        "%(half_days)s 天减半"
    ),
    "levels.changed": _("预警的规矩：%(rows)s 行，每周至多 %(per_week)s 次误报"),
    "growth.learnt": _("从 %(issues)s 个议题、%(days)s 天里学到往常有多少人反映"),
    # taking on
    "case.opened": _("立为事项 %(number)s：%(kind)s，等级%(grade)s，主办%(unit)s%(by_rule)s"),
    "case.graded": _("等级由%(before)s改为%(to)s，理由：%(reason)s"),
    "case.kind_changed": _("种类由%(before)s改为%(to)s，理由：%(reason)s"),
    "deadline.owed": _("要守的时限多了“%(stage)s”：%(due_at)s 前"),
    "deadline.lifted": _("不再有“%(stage)s”的时限（原来是 %(due_at)s）"),
    "case.handed_over": _("负责人改为%(to)s"),
    "case.unit_changed": _("主办单位由%(before)s改为%(to)s（单位合并）"),
    "case.closed": _("办结（%(reason)s）：%(text)s"),
    "case.reopened": _("重新办理，理由：%(reason)s"),
    "case.paused": _("暂停计时（%(reason)s），最迟到 %(until)s：%(text)s"),
    "case.resumed": _("恢复计时（%(reason)s）"),
    "extension.asked": _("申请把“%(stage)s”延长 %(amount)s %(unit)s，理由：%(reason)s"),
    "extension.granted": _(
        "同意把“%(stage)s”延长 %(amount)s %(unit)s，到 %(due_on)s，理由：%(reason)s"
    ),
    "extension.refused": _("不同意延长“%(stage)s”：%(note)s"),
    "referral.sent": _("发出联系单：%(unit)s%(by_rule)s"),
    "referral.answered": _("联系单反馈完毕：%(unit)s"),
    "referral.objected": _("%(unit)s提出异议：%(reason)s"),
    "objection.decided": _("%(unit)s的异议已决定，由%(to)s办：%(decision)s"),
    "case.confirmed": _("确认等级：%(grade)s"),
    "case.led": _("主办由%(before)s改为%(to)s，理由：%(reason)s"),
    "case.forwarded": _("转给%(to)s（%(way)s）"),
    "case.forwarding_answered": _("%(to)s有了答复"),
    "route.added": _("新增分派规则：%(name)s，给%(unit)s"),
    "route.changed": _("修改分派规则：%(name)s，给%(unit)s"),
    "route.dropped": _("去掉分派规则：%(name)s"),
    "referral.withdrawn": _("收回给%(unit)s的联系单，理由：%(reason)s"),
    "referral.handed_over": _("%(unit)s的联系单由%(to)s接手"),
    "referral.unit_changed": _("联系单由%(before)s转给%(to)s（单位合并）"),
    "referral.late": _("联系单超时：%(unit)s"),
    "fact.recorded": _("记下一条核实：%(what)s"),
    "file.attached": _("附上文件：%(name)s"),
    "promise.made": _("作出承诺：%(what)s，%(due_on)s前"),
    "promise.kept": _("承诺兑现：%(what)s。%(how)s"),
    "promise.broken": _("承诺做不到：%(what)s。理由：%(reason)s。改为：%(instead)s"),
    "promise.proved": _("附上兑现凭据：%(name)s"),
    "lookback.asked": _("要求复盘"),
    "lookback.written": _("写下复盘第 %(edition)s 稿"),
    "lookback.finished": _("复盘定稿"),
    "lookback.tasked": _("改进任务交给%(to)s，%(due_on)s前：%(what)s"),
    "lookback.improved": _("改进任务办成：%(what)s。%(how)s"),
    "enquiry.taken": _("登记媒体来询：%(medium)s，%(due_at)s前答复：%(asks)s"),
    "enquiry.proposed": _("拟出给%(medium)s的口径，由%(speaker)s来说：%(said)s"),
    "enquiry.answered": _("签发给%(medium)s的口径，由%(speaker)s来说：%(said)s"),
    "enquiry.declined": _("没有接受%(medium)s的来询，理由：%(reason)s"),
    "dossier.asked": _("要求导出档案"),
    "dossier.exported": _("导出档案给%(to)s，指纹 %(sha256)s"),
    # duty
    "roster.added": _("新增值班表：%(name)s，从 %(begins)s 起"),
    "roster.changed": _("修改值班表：%(name)s，从 %(begins)s 起"),
    "roster.handed_over": _("值班表%(name)s：%(before)s的班由%(to)s接手"),
    "roster.filled": _("排好到 %(until)s 的班，变动 %(shifts)s 个"),
    "key_period.added": _("新增重要时段：%(name)s"),
    "key_period.changed": _("修改重要时段：%(name)s"),
    "key_period.ended": _("提前结束重要时段：%(name)s"),
    "key_period.listening": _("重要时段“%(name)s”：%(sources)s 个来源每 %(minutes)s 分钟看一次"),
    "key_period.as_usual": _("重要时段结束，%(sources)s 个来源恢复平常的间隔"),
    "swap.asked": _("%(asker)s请%(to)s换班：%(mine)s 换 %(theirs)s，原因：%(reason)s"),
    "swap.agreed": _("%(to)s同意和%(asker)s换班：%(mine)s 换 %(theirs)s"),
    "swap.declined": _("%(to)s没有同意和%(asker)s换班：%(mine)s"),
    "swap.withdrawn": _("%(asker)s收回换班的请求：%(mine)s"),
    "shift.replaced": _("%(day)s %(shift)s：%(person)s替%(out)s，原因：%(reason)s"),
    "shift.joined": _("%(day)s %(shift)s：加上%(person)s，原因：%(reason)s"),
    "point.raised": _("%(day)s %(shift)s留下未了事项：%(text)s"),
    "point.settled": _("办完未了事项：%(text)s"),
    "log.signed": _("%(day)s %(shift)s签字交班，未了事项 %(points)s 件，指纹 %(digest)s"),
    "log.taken": _("%(day)s %(shift)s签字接班，交班人%(giver)s"),
    "plan.written": _("写下预案：%(name)s"),
    "plan.changed": _("修改预案：%(name)s"),
    "plan.started": _("启动预案：%(name)s"),
    "plan.ticked": _("预案“%(name)s”第 %(step)s 步完成：%(text)s"),
    "plan.unticked": _("预案“%(name)s”第 %(step)s 步取消勾选：%(text)s"),
    "plan.ended": _("结束预案“%(name)s”：%(ending)s"),
    "scenario.written": _("写下演练脚本：%(name)s"),
    "scenario.changed": _("修改演练脚本：%(name)s"),
    "drill.begun": _("发起演练：%(name)s，时间快 %(speed)s 倍"),
    "drill.stopped": _("结束演练：%(name)s"),
    "drill.ended": _("演练结束：%(name)s，按时 %(kept)s 项，没有按时 %(missed)s 项，副本已删除"),
    "drill.broken": _("演练中断：%(name)s。%(why)s"),
    # calling on people, major events
    "ladder.called": _("“%(stage)s”时限 %(due_was)s，%(to)s：已告诉%(names)s"),
    "ladder.changed": _("修改催办表：%(grades)s %(stage)s"),
    "referral.urged": _("催办%(unit)s：%(text)s"),
    "report.sent": _("第 %(number)s 次快报已报：%(to)s"),
    "report.replied": _("%(who)s回话：%(text)s"),
    "superior.set": _("上级单位：%(name)s（%(active)s）"),
    "meeting.called": _("约定会商：%(title)s"),
    "meeting.handed_over": _("%(title)s：%(before)s换成%(to)s参加"),
    "meeting.minuted": _("写下会商纪要：%(title)s"),
    "task.given": _("任务交给%(to)s，%(due_on)s 前：%(what)s"),
    "task.proved": _("附上办成凭据：%(name)s"),
    "task.handed_over": _("任务由%(to)s接手：%(what)s"),
    "task.done": _("任务办成：%(what)s（%(how)s）"),
    # saying
    "answer.drafted": _("拟出回应第 1 稿"),
    "answer.written": _("改成第 %(number)s 稿"),
    "answer.submitted": _("提交签发"),
    "answer.sent_back": _("退回修改：%(note)s"),
    "answer.released": _("签发回应"),
    "answer.published": _("回应已发布：%(channel)s"),
    "answer.confirmed": _("反映人说：%(verdict)s"),
    "correction.drafted": _("拟出更正：%(text)s"),
    "correction.dropped": _("放弃一条更正（%(text)s），理由：%(reason)s"),
    "correction.released": _("签发更正：%(text)s"),
}

# Code to name; names of choices are translated when they are shown, not when this is loaded.
Names = Mapping[str, object]
_CHANNELS: Names = {"page": _("公开页面"), "feed": _("订阅源")}
_WAYS: Names = dict(Reach.Kind.choices)
_COLOURS: Names = dict(Alert.Colour.choices)
_IN_USE: Names = {"True": _("在用"), "False": _("停用")}
_OFFICE_DAY: Names = {"True": _("本单位上班"), "False": _("本单位放假"), "None": _("按国家日历")}
_UNITS: Names = {"hours": _("小时"), "days": _("天"), "working_days": _("个工作日")}
_STAGES: Names = ALL_STAGES | {
    OBJECTION.stage: _("提出异议"),
}
_WAITS: Names = {code: wait.name for code, wait in WAITS.items()}
_KINDS: Names = KINDS | {REFERRAL.kind: _("联系单"), REPORT.kind: _("快报")}
_CLOCK = {"kind": _KINDS, "grades": GRADES, "stage": _STAGES, "was_unit": _UNITS, "unit": _UNITS}
_EXTENSION = {"stage": _STAGES, "unit": _UNITS}
_LABELS: Names = dict(Label.Name.choices)
_URGENCIES = {str(level): text for level, text in Urgency.choices}
_JUDGED: Names = {"": _("无"), **dict(Intent.choices), **_URGENCIES}
_VERDICTS: Names = dict(Confirmation.Verdict.choices)

# Values that are codes: under which key of the data they stand, and their names.
_OF_WAYS = ("reach.added", "reach.changed", "reach.paused", "reach.resumed", "reach.removed")
CODES: dict[str, dict[str, Names]] = {
    **{verb: {"kind": _WAYS} for verb in _OF_WAYS},
    "person.added": {"roles": ROLES},
    "factor.required": {"roles": {"": _("没有")} | ROLES},
    "person.changed": {"roles": ROLES, "active": _IN_USE},
    "clock.changed": _CLOCK,
    "day.changed": {"works": _OFFICE_DAY},
    "alert.raised": {"colour": _COLOURS},
    "alert.level": {"colour": _COLOURS},
    "alert.escalated": {"colour": _COLOURS},
    "alert.confirmed": {"to": _COLOURS},
    "alert.changed": {"from": _COLOURS, "to": _COLOURS},
    "claim.checked": {"verdict": dict(Claim.Verdict.choices)},
    "case.opened": {"kind": KINDS, "grade": GRADES},
    "case.confirmed": {"grade": GRADES},
    "case.forwarded": {"way": dict(Forwarding.Way.choices)},
    "case.graded": {"before": GRADES, "to": GRADES},
    "case.kind_changed": {"before": KINDS, "to": KINDS},
    "deadline.owed": {"stage": _STAGES},
    "deadline.lifted": {"stage": _STAGES},
    "case.closed": {"reason": CLOSINGS},
    "case.paused": {"reason": _WAITS},
    "case.resumed": {"reason": _WAITS},
    "deadline.moved": {"stage": _STAGES},
    "extension.asked": _EXTENSION,
    "extension.granted": _EXTENSION,
    "extension.refused": _EXTENSION,
    "ladder.called": {"stage": _STAGES, "to": CALLED},
    "ladder.changed": {"grades": BANDS, "stage": _STAGES},
    "superior.set": {"active": _IN_USE},
    "reading.corrected": {"name": _LABELS, "was": _JUDGED, "value": _JUDGED},
    "reading.confirmed": {"name": _LABELS, "value": _JUDGED},
    "cues.changed": {"list": CUES},
    "intents.learnt": {"kept": {"True": _("判断得更准，已采用"), "False": _("没有更准，不采用")}},
    "model.learnt": {"state": dict(Lesson.State.choices)},
    "answer.published": {"channel": _CHANNELS},
    "answer.confirmed": {"verdict": _VERDICTS},
}
_DAYS = ("due_on", "day", "begins", "until", "ends")
_MOMENTS = ("due_was", "due_now", "due_at")

# What people typed that no second person read before it stood in public.
_TYPED = {
    "case.closed": ("text",),
    "case.reopened": ("reason",),
    "case.paused": ("text",),
    "case.forwarded": ("to",),
    "case.forwarding_answered": ("to",),
    "extension.granted": ("reason", "note"),
    "promise.broken": ("reason", "instead"),
}

# Subjects that have a page at the desk: the word before the colon is also the page's name.
_VOICES = ("issue", "voice", "source", "import")
_WORK = ("case", "referral", "answer", "report", "meeting", "task", "lookback", "enquiry")
PAGES = (*_WORK, "drill", *_VOICES)


class _Values(dict[str, str]):
    """A line written before its sentence learned a new word still reads."""

    def __missing__(self, key: str) -> str:
        return "…"


def public_sentence(line: Line) -> str:
    """The same for everybody, without personal data of private persons in what was typed."""
    typed = {key: masked(str(line.data.get(key, ""))) for key in _TYPED.get(line.verb, ())}
    return _sentence(line.verb, line.data | typed)


def sentence(line: Line) -> str:
    """What the line says was done; the bare verb where no sentence is known."""
    return _sentence(line.verb, line.data)


def _sentence(verb: str, values: Mapping[str, object]) -> str:
    text = SENTENCES.get(verb)
    if text is None:
        return verb
    names = CODES.get(verb, {})
    data = {key: _said(key, value, names.get(key, {})) for key, value in values.items()}
    # a reason that may be left out
    data["because"] = gettext("，理由：%(reason)s") % data if data.get("reason") else ""
    data["by_rule"] = gettext("（按规则“%(rule)s”）") % data if data.get("rule") else ""
    return gettext(text) % _Values(data)


def address(subject: str) -> str:
    """The desk page of "case:17" and the like; "" where there is none."""
    page, _colon, number = subject.partition(":")
    return reverse(page, args=[int(number)]) if page in PAGES and number.isdecimal() else ""


def _said(key: str, value: object, names: Names) -> str:
    if isinstance(value, list):
        return "、".join(_said(key, part, names) for part in value)
    if str(value) in names:
        return gettext(str(names[str(value)]))
    if key in _DAYS:
        return _day(str(value))
    if key in _MOMENTS:
        return when(datetime.fromisoformat(str(value)))
    return str(value)


def _day(value: str) -> str:
    try:
        return when(date.fromisoformat(value))
    except ValueError:
        return value
