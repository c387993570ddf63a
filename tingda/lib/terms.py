"""The words of a text that tell one matter from another, for grouping.

Chinese is cut by `rjieba`; the stop words and the everyday words below are our own, from general
knowledge of what people write to offices.
"""

import re
from collections import Counter
from functools import lru_cache

import rjieba

from tingda.lib.places import dictionary_count, tag_of
from tingda.lib.text import HAN

TITLE_WEIGHT = 3
"""A word of the title counts as often as three of the body."""

MOST_TERMS = 150
"""Different words kept of one text; a longer one is judged by its first."""

MOST_REPEATS = 4

_STOP = frozenset(
    """
    的 了 是 在 我们 你们 他们 她们 它们 咱们 自己 大家 我 你 您 他 她 它 和 与 及 或 也 都 就 而 又 但 但是 不过 然而 不 没 没有 有
    这 那 这个 那个 这些 那些 这样 那样 这么 那么 这里 那里 这种 一个 一种 一些 一下 一直 一样 有些 有人 有的 某 本 本人 该 各 每
    吗 呢 吧 啊 呀 请 请问 敬请 恳请 恳求 希望 盼望 期望 期盼 您好 你好 大家好 各位 尊敬 敬爱 亲爱 尊敬的 书记 市长 县长 区长 局长
    领导 领导干部 谢谢 感谢 谢谢您 辛苦 辛苦了 百忙之中 抽空 打扰 此致 敬礼 祝 敬上 万分感谢 非常感谢 拜托 盼 盼复 回复 答复 答覆
    问题 情况 事情 事件 事宜 事项 方面 相关 有关 关于 部门 相关部门 有关部门 单位 政府 党和政府 反映 反应 反馈 解决 处理 投诉 咨询
    建议 举报 要求 请求 求助 求 呼吁 强烈 请示 询问 了解 告知 说明 介绍 表示 认为 觉得 知道 发现 看到 听说 得知 据说 据悉 什么 怎么
    怎么办 怎样 如何 为什么 为何 何时 什么时候 多久 多少 哪里 哪个 谁 可以 能否 可否 能不能 是否 是不是 有没有 可能 能够 应该 应当
    必须 需要 已经 已 曾经 曾 现在 目前 如今 现 近期 最近 近日 今天 昨天 今年 去年 明年 当时 后来 之后 之前 以前 以后 然后 同时 至今
    期间 时候 时间 年 月 日 号 点 天 进行 开展 实施 采取 加强 加快 给予 予以 做 作 搞 弄 让 使 把 被 给 到 从 向 以 为 为了 因为 因
    由于 所以 因此 于是 如果 如 要是 虽然 即使 尽管 只要 只有 除了 通过 根据 按照 按 依据 对 对于 针对 将 要 会 能 想 来 去 说 看 很
    非常 十分 特别 太 更 更加 最 极其 极为 比较 还 还是 还有 再 再次 多次 又是 却 才 只 只是 仅 仅仅 并 并且 而且 或者 以及 以及其 之
    其 其中 其他 其它 等 等等 个 名 位 次 种 些 上 下 中 里 内 外 前 后 左右 这是 都是 就是 不是 也是 还是 真的 真是 确实 实在 根本 甚至
    终于 到底 究竟 居然 竟然 难道 不要 不能 不会 不可 不得 不知 不知道 无 无法 没有人 没人 关注 重视 帮助 帮忙 支持 监督 管理 负责 工作
    人员 工作人员 老百姓 百姓 群众 市民 人民 公民 国家 社会 我国 全国 本市 我市 全市 情 人 事 者 家 日前 上述 以上 以下 具体 包括 例如
    比如 属于 作为 成为 造成 导致 存在 出现 发生 产生 成 多 大 小 好 高 低 长 新 老 第一 第二 第三 第 万 元 万元 多年 几年 多个 几个 许多
    很多 大量 全部 所有 任何 整个 一定 基本 完全 不断 经常 常常 往往 每天 每次 长期 随时 立即 立刻 尽快 及时 马上 早日 何时能 管一管 找
    先生 女士 网友 楼主 微信 号码 联系 联系电话 电话 姓名 身份证号 身份证号码 地址 附件 图片 照片 如下 如图 网址 链接
    转发 转载 微博 全文 展开 视频 网页 话题
    the and for that this with have has had are was were been will would can could should may not but you your our they them
    their there here from into onto over under about after before again very just also only than then when where which who
    what why how its it's i'm we're please dear sir madam thank thanks hello regards yours http https www com via amp
    """.split()
)

_EVERYDAY = frozenset(
    """
    小区 业主 居民 物业 物业公司 开发商 楼盘 车位 社区 街道 幼儿园 学校 公交 公交车 地铁 号线 补贴 购房 公积金 社保 医保 落户 拆迁
    停车 停车场 停车位 违停 车辆 施工 工地 房屋 交房 收房 房产证 不动产 产权证 网签 公摊 合同 医院 路口 红绿灯 斑马线 道路 马路 垃圾
    油烟 扰民 噪音 噪声 扬尘 粉尘 异味 拖欠 工资 薪资 讨薪 退费 退款 学费 孩子 家长 学生 老师 小孩 村民 出行 规划 建设 收费 违规 违法
    非法 严重 影响 生活 污染 环境 休息 申请 办理 户口 户籍 政策 质量 装修 精装 精装修 毛坯 毛坯房 电梯 消防 安全 隐患 小学 中学 高中
    初中 校区 学区 入学 补课 校车 教育局 城管局 城管 住建局 住建 建设局 税务局 派出所 公安局 交警 交警大队 交警队 法院 开发区 经开区
    高新区 新区 一期 二期 三期 四期 五期 楼栋 单元 入户门 承重墙 阳台 外墙 漏水 渗水 停水 停电 供暖 供水 水压 网络 信号 路灯 井盖
    人行道 天桥 绿化 广场舞 麻将馆 棋牌室 烧烤 夜宵 饭店 餐馆 餐饮 门面 商铺 商家 商户 超市 市场 菜市场 快递 外卖 出租车 网约车 驾校
    保安 门禁 业委会 物业费 维修基金 维修资金 停车费 广告 诈骗 传销 贷款 车贷 网贷 平台 投资 理财 保险 银行 信用卡 银行卡 养老 养老金
    退休 工伤 辞退 加班 招聘 考试 中考 高考 证书 驾驶证 身份证 居住证 营业执照 无证 违建 违章建筑 加建 搭建 乱搭 乱建 棚改 旧改 旧城
    提质 改造 征收 安置 安置房 保障房 公租房 廉租房 二手房 学位 捆绑 销售 强制 虚假 宣传 欺诈 欺骗 涨价 价格 高架桥 辅道 主干道 公路
    高速 高铁 火车站 汽车站 站点 班次 线路 拥堵 堵车 限行 车牌 加油站 充电桩 变电站 高压线 基站 搅拌站 搅拌厂 工厂 企业 公司 老板 集团
    app ktv p2p 支付宝 二维码 扫码 人才 新政 文明城市 宜居 惠民 民生 普惠 普惠性 公办 民办 幸福感 安全感 依规 依法 懒政 不作为 追责
    楼下 楼上 临街 底商 直排 烟道 住改商 改商 涉黄 赌博 商业 住户 租户 房东 租金 押金 中介 管网 下水道 化粪池 污水 臭味 老旧 养狗 流浪狗
    南站 北站 东站 西站 西二环 东二环 南二环 北二环 一环 二环 三环 绕城 左转 右转 交汇处 收取 万元 巴士 书记 市长 三角洲 商贷 组合贷 街道 首付 认购 认筹 摇号 捂盘 质价 虚高
    """.split()
)

_NOT_IN_NAMES = frozenset(
    "没要只不未可已被的了是在我有无能会应该去来到说就都也还又再很太多少做搞给让把将从向与和或及对为以于并且之其此这那各每何谁"
    "吗呢吧证费表书单卡户款点日月年期号栋楼层米元次种们者"
)
_NO_NAME_ENDS = tuple("省市县区州局院部委处科长线道街路东西南北拐转时前后间内外")  # areas, offices, directions
_NAME_TAGS = frozenset(("nr", "nrt", "nrfg", "ns", "nt"))
_CODE = re.compile(r"(?<![a-z0-9])[a-z]\d{0,2}(?:县市|市区|[市区县])")
_LINK = re.compile(r"https?://\S+|www\.\S+")
_HAN_START = re.compile(f"[{HAN}]")
_LATIN_WORD = re.compile(r"[a-z][a-z0-9'-]{2,}|[a-z]+\d+[a-z]*|\d+[a-z]+")


def words_of(text: str) -> list[str]:
    """The telling words of a folded text in order, repeats kept; no numbers, no stop words."""
    plain = _CODE.sub("\n", _LINK.sub("\n", text))
    return [word for word in rjieba.cut(plain) if _is_telling(word)]


@lru_cache(200_000)
def _is_telling(word: str) -> bool:
    if word in _STOP or len(word) > 32:
        return False
    if _HAN_START.match(word):
        return len(word) > 1
    return bool(_LATIN_WORD.fullmatch(word))


def terms_of(title: str, body: str) -> tuple[str, ...]:
    """The terms of a voice's folded title and body, a word repeated as often as it weighs.

    Title first, at most MOST_TERMS words, each at most MOST_REPEATS times (the weight grows with
    the logarithm, so more would change nothing).
    """
    counts: Counter[str] = Counter()
    for word in words_of(title):
        counts[word] = TITLE_WEIGHT
    counts.update(words_of(body))
    return tuple(
        word
        for word, count in list(counts.items())[:MOST_TERMS]
        for _ in range(min(count, MOST_REPEATS))
    )


@lru_cache(200_000)
def is_name(word: str) -> bool:
    """Whether a word may be the name of something: unknown to the dictionary, or rare and a name.

    Everyday words of complaints are known not to be; whether a name is rare is for the caller.
    """
    if word in _EVERYDAY or len(word) > 6:
        return False
    if not _HAN_START.match(word):
        return False
    if word.endswith(_NO_NAME_ENDS):
        return False
    if not dictionary_count(word):
        return _NOT_IN_NAMES.isdisjoint(word)
    return dictionary_count(word) < 300 and tag_of(word) in _NAME_TAGS
