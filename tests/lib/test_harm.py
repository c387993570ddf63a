"""Harm to a child: told of at once, and not where somebody invites to a lecture about it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tingda.lib.harm import harm_to_child

HARM = [
    "隔壁天天打孩子，哭得整栋楼都听得见",
    "镇小三年级的数学老师体罚学生，让他们跪在操场上",
    "我儿子被老师打了一巴掌，脸都肿了",
    "被班主任当着全班的面打了手心，红了好几天",
    "幼儿园老师用针扎孩子，孩子手上有好几个针眼",
    "小区里有个男的猥亵女童，家长都不敢让孩子下楼",
    "培训班有人对小女孩动手动脚",
    "我女儿在学校里被几个同学围殴，还拍了视频",
    "孩子被同学欺负了一个学期，学校一直不管",
    "校园霸凌没有人管吗？",
    "初二的学生在厕所被高年级的同学打",
    "我同学说她不想活了，她才上初一",
    "孩子割腕了，在手上划了好多道",
    "有学生要跳楼，就在三中的教学楼上",
    "邻居把五岁的儿子锁在家里，两天没人管",
    "继父对孩子拳打脚踢，用皮带抽",
    "托管班的阿姨把孩子关小黑屋，不给饭吃",
    "保姆虐待婴儿，掐得胳膊都青了",
    "我的老师摸我，我不敢跟爸爸妈妈说，我是小学生",
    "有人在校门口向学生收保护费，不给就打",
    "十二岁的女孩被人性侵，请你们救救她",
    "奶奶把孙女遗弃在车站",
    "老师把我孩子打得满脸是血",
    "街口有人想拐走孩子，被路人拦下来了",
    "儿子在学校被打得满脸是伤，老师说是开玩笑",
    "教练拿棍子打学生，说这是训练",
    "网吧里有成年人诱拐未成年少女",
    "那家砖厂使用童工，最小的只有十三岁",
    "打·孩·子的声音从三楼传来",
    "隔壁又在打駡孩子，孩子哭得厲害",
    "老師扇了學生一個耳光",
    "学校天天宣传防欺凌，可我孩子昨天还是被同学打了",
    "防性侵讲座办了。可是那个体育老师对女生动手动脚没人管。",
    "他家的小孩身上全是伤，听说是被打的",
    "作业写不完就罚跪，孩子才八岁",
    "学生写了遗书，放在书包里，求你们快去看看",
    "有个同学被人敲诈了好几次钱",
    "My son was beaten by a classmate and the school does nothing.",
    "The neighbour beats his child every night.",
    "A teacher slapped a pupil in front of the class",
    "A girl in grade 8 says she wants to kill herself",
    "There is child abuse going on next door",
    "SCHOOL BULLYING is ignored here; kids are afraid.",
]

NO_HARM = [
    "",
    "路灯坏了一个星期，晚上看不见路",
    "建议在小学开展防性侵讲座",
    "请问预防校园欺凌的宣传什么时候到我们学校",
    "学校组织了反校园霸凌主题班会，孩子很喜欢",
    "希望开设防范校园暴力的课程",
    "严禁体罚学生的规定在哪里可以看到",
    "老师从不体罚学生，家长都放心",
    "电影里虐待儿童的镜头能不能少放一点",
    "孩子打疫苗要带什么证件",
    "孩子打篮球的场地什么时候开放",
    "孩子打得一手好乒乓球，想报名比赛",
    "老师打电话来说明天不上课，是真的吗",
    "学生打饭的窗口太少，排队要半个小时",
    "接送孩子打车太难了",
    "孩子打喷嚏发烧，医院儿科几点开门",
    "孩子爸被公司同事殴打，派出所怎么处理",
    "昨天在菜场门口两个男人互相殴打，请管一管",
    "有人在小区里虐待动物，孩子看见了害怕",
    "有学生虐猫，视频传得到处都是",
    "鞋店跳楼价大甩卖，喇叭吵得学生没法学习",
    "男子在大桥上轻生，被救下来了",
    "孩子上学要过马路，没有红绿灯",
    "学校食堂的菜里有虫，学生拉肚子",
    "校服太贵，一套要八百元",
    "补课费乱收，老师让学生去外面补课",
    "广场舞的声音大，孩子写作业被打扰",
    "宿舍里的热水只到九点，学生洗不上澡",
    "幼儿园的滑梯坏了，怕伤到孩子",
    "孩子想死读书不如去运动，请多开放操场",
    "奶奶想死你了，小区的监控能不能帮忙看看走失的老人",
    "老人被儿媳赶出家门，没有地方住",
    "敲诈勒索电话太多，请管一管",
    "网上贷款被勒索，怎么报案",
    "大学生就业补贴怎么领",
    "老师踢足球的时候把玻璃踢碎了",
    "请问儿童医院的号怎么挂",
    "学生证丢了，公交卡打学生票的优惠还能用吗",
    "预防青少年自杀的心理健康教育能不能进学校",
    "青少年心理热线是多少",
    "The school needs a crossing; children run across the road.",
    "When is the workshop about preventing school bullying?",
    "He beats me at chess and my son laughs.",
    "The playground slide is broken and a child may get hurt.",
    "Please extend the library hours for students.",
]


@pytest.mark.parametrize("text", HARM)
def test_harm_to_a_child_is_noticed(text: str) -> None:
    assert harm_to_child(text) != ()


@pytest.mark.parametrize("text", NO_HARM)
def test_everything_else_is_left_alone(text: str) -> None:
    assert harm_to_child(text) == ()


def test_the_words_are_told_in_their_order_and_once() -> None:
    text = "孩子被同学打了，昨天又被同学打。女生被猥亵。"
    assert harm_to_child(text) == ("被同学打", "猥亵")


def test_a_harm_far_from_any_child_does_not_count() -> None:
    assert harm_to_child("学生走的路" + "很长" * 30 + "有人被殴打") == ()
    assert harm_to_child("学生在门口被殴打") == ("殴打",)


@given(st.text(max_size=300))
def test_any_text_can_be_asked_about(text: str) -> None:
    assert len(harm_to_child(text)) == len(set(harm_to_child(text)))


def test_a_long_text_is_quick() -> None:
    began = time.process_time()
    harm_to_child("学生家长说的" * 20_000)
    assert time.process_time() - began < 2.0
