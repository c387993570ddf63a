"""Voices written for the tests: one matter in two places, and some that belong to neither."""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

CANTEEN = [
    (
        "清溪中学食堂午餐有异物",
        "今天中午清溪中学食堂的青菜里吃出一截钢丝球，请查一查是怎么洗的菜。",
    ),
    ("孩子在清溪中学食堂吃出钢丝", "孩子说清溪中学食堂午餐的青菜里有钢丝，食堂怎么管的？"),
    (
        "清溪中学食堂卫生谁来管",
        "清溪中学食堂午餐青菜里有钢丝异物，不止一个孩子碰到，家长要求公布留样结果。",
    ),
    ("清溪中学食堂异物", "我家孩子午餐也吃到清溪中学食堂青菜里的钢丝，希望学校说清楚。"),
]
OTHERS = [
    ("滨河路路灯不亮", "滨河路从桥头到加油站的路灯全黑了，晚上走路很危险。"),
    ("建议图书馆周末延长开放", "镇图书馆周末五点就闭馆，建议延长到晚上八点。"),
    ("感谢112路司机", "昨天把钱包落在112路车上，司机师傅等到我来取，谢谢他。"),
]


def write_table(path: Path) -> int:
    """A spreadsheet as an office keeps it, one row of it bad; returns the number of good rows."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    with path.open("w", encoding="gb18030", newline="") as file:
        table = csv.writer(file)
        table.writerow(["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "点赞数"])
        for number, (title, text) in enumerate([*CANTEEN, *OTHERS], start=1):
            said = now - timedelta(minutes=90 - number)
            when = f"{said:%Y-%m-%d %H:%M}"
            table.writerow([number, f"网友{number}", title, when, text, number * 3])
        table.writerow([99, "网友99", "时间不对", "2041-01-01 00:00", "这一行应当退回", 0])
    return len(CANTEEN) + len(OTHERS)
