"""The safety card 安全卡 of a load: what it does, what protects, what to do first. By hazard property.

Source: Order 29 of 2019, Art. 44 asks for the card on board; its form in JT/T 617 was not read [N]. The
words are defaults of ours for the crew's first minutes and replace neither the consignor's data nor the
fire brigade.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

Pair = tuple[str, str]  # Chinese, English


@dataclass(frozen=True, slots=True)
class Advice:
    """What the crew must know of one hazard property."""

    danger: Pair
    protect: Pair
    spill: Pair
    fire: Pair
    first_aid: Pair


ADVICE: Mapping[str, Advice] = MappingProxyType(
    {
        "T": Advice(
            ("吸入、食入或经皮肤吸收可中毒", "Toxic when inhaled, swallowed or absorbed through the skin"),
            ("防毒面具、防护手套、防护服", "Respirator, gloves, protective suit"),
            (
                "人员撤至上风向，用吸附棉或砂土围堵，收入密闭容器，不得冲入下水道",
                "Move upwind, dam with sorbent or sand, collect in a closed container, keep out of drains",
            ),
            (
                "燃烧产物有毒，远离烟气，从上风向灭火",
                "Fumes are toxic: stay out of the smoke, fight from upwind",
            ),
            (
                "移至空气新鲜处，脱去污染衣物，清水冲洗，就医",
                "Fresh air, remove soiled clothes, rinse, see a doctor",
            ),
        ),
        "C": Advice(
            ("灼伤皮肤和眼睛，腐蚀金属", "Burns skin and eyes, attacks metal"),
            ("耐酸碱手套、护目镜、面罩、胶靴", "Acid-proof gloves, goggles, face shield, rubber boots"),
            (
                "不得直接接触，用砂土或专用吸附材料围堵；酸碱不得混合",
                "Do not touch, dam with sand or special sorbent; never let acid and alkali meet",
            ),
            ("用水雾冷却容器，避免水进入容器", "Cool containers with spray, keep water out of them"),
            (
                "立即用大量清水冲洗至少 15 分钟，就医",
                "Rinse with plenty of water for at least 15 minutes, see a doctor",
            ),
        ),
        "I": Advice(
            ("易燃，蒸气与空气可形成爆炸性混合物", "Ignitable, vapour and air may explode"),
            ("防静电服、手套，使用防爆工具", "Antistatic clothing, gloves, spark-free tools"),
            (
                "切断火源，严禁烟火和启动车辆，用砂土或吸附棉围堵",
                "Remove ignition sources, no smoking, do not start the engine, dam with sand or sorbent",
            ),
            ("用干粉、泡沫或砂土灭火，不用直流水", "Dry powder, foam or sand; no solid water jet"),
            ("移至空气新鲜处，皮肤用肥皂水清洗", "Fresh air, wash the skin with soap and water"),
        ),
        "R": Advice(
            (
                "受撞击、受热或接触不相容物质可剧烈反应",
                "Shock, heat or incompatible substances start a violent reaction",
            ),
            ("面罩、防护手套、防护服，保持距离", "Face shield, gloves, protective suit, keep a distance"),
            (
                "撤离人员，不得用水或可燃物覆盖，等待专业人员处置",
                "Clear the area, do not cover with water or combustibles, wait for specialists",
            ),
            ("从有遮挡处冷却容器，必要时撤离", "Cool containers from cover, withdraw if necessary"),
            ("用清水冲洗，就医并说明废物代码", "Rinse with water, see a doctor and state the waste code"),
        ),
        "In": Advice(
            ("可能传播感染", "May infect"),
            ("口罩、双层手套、防护服", "Mask, double gloves, protective suit"),
            ("封闭现场，喷洒消毒剂后收入双层包装", "Close off, disinfect, collect in double packaging"),
            ("疏散人员，从上风向灭火", "Clear the area, fight from upwind"),
            ("暴露部位清洗消毒，尽快就医", "Wash and disinfect the exposed part, see a doctor soon"),
        ),
    }
)
ROWS: tuple[tuple[str, Pair], ...] = (
    ("danger", ("危险性", "Danger")),
    ("protect", ("个人防护", "Protection")),
    ("spill", ("泄漏处置", "Spill")),
    ("fire", ("火灾处置", "Fire")),
    ("first_aid", ("急救措施", "First aid")),
)
FIRST_STEPS: tuple[Pair, ...] = (
    (
        "停车熄火，打开危险报警闪光灯，放置警告标志",
        "Stop, engine off, hazard lights on, put out the warning signs",
    ),
    ("人员撤至上风向，疏散围观人员，严禁烟火", "Go upwind, keep people away, no flames"),
    (
        "拨打报警电话并通知承运人和托运人，说明废物代码和数量",
        "Call, tell carrier and consignor, state waste codes and amounts",
    ),
    (
        "在确保自身安全时围堵泄漏，等待救援，交出本卡和运单",
        "Dam the spill if it is safe, wait for help, hand over this card and the waybill",
    ),
)
CALLS: tuple[tuple[str, Pair], ...] = (
    ("119", ("火警", "Fire brigade")),
    ("120", ("急救", "Ambulance")),
    ("110", ("公安", "Police")),
)


def rows_for(hazards: Iterable[str]) -> list[tuple[str, Pair, list[Pair]]]:
    """Row key, its name, and the advice for some hazard letters, each once, in the order given."""
    letters = [letter for letter in dict.fromkeys(hazards) if letter in ADVICE]
    return [(key, name, [getattr(ADVICE[letter], key) for letter in letters]) for key, name in ROWS]
