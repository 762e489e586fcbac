"""Invented names. Every firm's name begins with 示例 so that nobody takes it for a real one."""

from __future__ import annotations

from random import Random

MARK = "示例"

_WORDS = (
    "恒达", "金泰", "华丰", "鑫源", "宏业", "天盛", "嘉合", "永兴", "东旭", "瑞丰", "盛达", "立信", "万通",
    "新力", "顺发", "明辉", "长青", "远航", "百川", "同创", "祥和", "德润", "兴隆", "博远", "凯越", "正大",
)  # fmt: skip

# industry -> what it makes, and what such a unit calls itself
_TRADES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "auto_parts": (("汽车零部件", "汽配", "轴承座"), ("厂", "有限公司")),
    "auto_repair": (("汽车维修", "汽车服务", "轮胎"), ("部", "站", "行")),
    "bearing": (("滑动轴承", "轴瓦", "衬套"), ("厂", "有限公司")),
    "button": (("纽扣", "服装辅料", "拉链"), ("厂", "制品厂")),
    "ceiling": (("集成吊顶", "小家电", "浴霸"), ("厂", "有限公司")),
    "chemical": (("新材料", "助剂", "树脂"), ("厂", "有限公司")),
    "dye_print": (("印染", "涂层布", "印花"), ("厂", "有限公司")),
    "electronics": (("电子元件", "线路板", "接插件"), ("厂", "有限公司")),
    "fastener": (("紧固件", "标准件", "螺栓"), ("厂", "有限公司")),
    "fibreglass": (("玻璃纤维", "复合材料"), ("厂", "有限公司")),
    "fur": (("皮草", "裘皮制品"), ("厂", "行")),
    "furniture": (("木业", "家具", "橱柜"), ("厂", "有限公司")),
    "home_textile": (("家纺", "布艺", "窗帘"), ("厂", "有限公司")),
    "knitwear": (("毛衫", "针织", "制衣"), ("厂", "行")),
    "lab_school": (("检测", "化验", "实验"), ("中心", "室")),
    "leather": (("皮革", "皮件"), ("厂", "制品厂")),
    "luggage": (("箱包", "拉杆箱"), ("厂", "有限公司")),
    "machining": (("精密机械", "五金", "模具", "机械配件"), ("厂", "有限公司")),
    "opto_mech": (("光机电", "精密仪器", "电机"), ("厂", "有限公司")),
    "other": (("制品", "物资"), ("厂", "部")),
    "plastic_rubber": (("塑料制品", "橡胶制品", "注塑"), ("厂", "有限公司")),
    "plating_surface": (("表面处理", "喷涂", "阳极氧化"), ("厂", "有限公司")),
    "pram": (("童车", "洁具"), ("厂", "有限公司")),
    "printing_paper": (("印刷", "包装", "纸业"), ("厂", "有限公司")),
    "solar": (("光伏组件", "太阳能"), ("厂", "有限公司")),
    "textile": (("纺织", "化纤", "喷水织造"), ("厂", "有限公司")),
    "warp_knit": (("经编", "产业用布"), ("厂", "有限公司")),
}


def firm_name(rng: Random, *, county_zh: str, industry: str, serial: int) -> tuple[str, str]:
    """Full and short name of an invented firm; the serial keeps any two apart."""
    place = county_zh.rstrip("区县市")
    trades, kinds = _TRADES.get(industry, _TRADES["other"])
    word, trade, kind = rng.choice(_WORDS), rng.choice(trades), rng.choice(kinds)
    return f"{MARK}·{place}{word}{trade}{serial:04d}{kind}", f"{MARK}·{word}{trade}{serial:04d}"
