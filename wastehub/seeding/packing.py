"""What small firms put their waste into: form, container and usual fill by waste code.

Fills are 70 to 95 % of what the container holds; figures are demo defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# How many containers a firm sets out before it takes the next larger kind.
CONTAINERS_USUAL = 4
CONTAINERS_MOST = 24  # nobody sets out more of one waste at a time
MASS_MIN_G = 2_000


@dataclass(frozen=True, slots=True)
class Packing:
    """`kinds`: (container type, grams it usually holds), smallest first."""

    form: str
    kinds: tuple[tuple[str, int], ...]
    components: str
    harmful: str


_DRUM_OIL = (("CAN25", 20_000), ("STEEL200", 170_000), ("IBC1000", 850_000))
_DRUM_LIQUID = (("CAN25", 23_000), ("HDPE200", 185_000), ("IBC1000", 920_000))
_SOLID = (("BAG100", 25_000), ("BAG1000", 320_000))
_SLUDGE = (("STEEL200O", 180_000), ("BAG1000", 750_000))

PACKING: dict[str, Packing] = {
    "336-064-17": Packing("sludge", (("BAG100", 45_000), ("BAG1000", 800_000)), "磷化渣、水", "锌、镍化合物"),
    "900-006-09": Packing("liquid", _DRUM_LIQUID, "水、矿物油、乳化剂", "矿物油"),
    "900-014-13": Packing(
        "semi_solid", (("PAIL25", 25_000), ("STEEL200O", 175_000)), "树脂、溶剂", "有机溶剂"
    ),
    "900-023-29": Packing("solid", (("LAMPBOX", 30_000),), "玻璃、荧光粉", "汞"),
    "900-039-49": Packing("solid", (("BAG100", 30_000), ("BAG1000", 420_000)), "活性炭", "吸附的有机物"),
    "900-041-49": Packing("solid", _SOLID, "废包装、抹布、过滤棉", "沾染的油漆、油类"),
    "900-045-49": Packing("solid", (("CARTON", 30_000), ("PALLET", 350_000)), "线路板边角料", "铅、铜"),
    "900-047-49": Packing("liquid", (("LABBOX", 18_000),), "实验废液、沾染物", "重金属、有机试剂"),
    "900-052-31": Packing("solid", (("ACIDBOX", 400_000),), "铅、稀硫酸", "铅"),
    "900-200-08": Packing("sludge", _SLUDGE, "金属屑、研磨油", "矿物油"),
    "900-210-08": Packing("sludge", _SLUDGE, "浮油、水", "矿物油"),
    "900-214-08": Packing("liquid", _DRUM_OIL, "矿物油", "矿物油、添加剂"),
    "900-218-08": Packing("liquid", _DRUM_OIL, "液压油", "矿物油"),
    "900-249-08": Packing("liquid", _DRUM_OIL, "矿物油", "矿物油"),
    "900-252-12": Packing("semi_solid", (("PAIL25", 25_000), ("STEEL200O", 150_000)), "漆渣", "苯系物"),
    "900-299-12": Packing("liquid", _DRUM_LIQUID, "油墨、染料", "颜料、溶剂"),
    "900-300-34": Packing("liquid", _DRUM_LIQUID, "盐酸、铁盐", "酸"),
    "900-402-06": Packing("liquid", (("CAN25", 18_000), ("STEEL200", 150_000)), "苯系物、酮、酯", "苯系物"),
    "900-404-06": Packing("liquid", (("CAN25", 18_000), ("STEEL200", 150_000)), "醇、酯", "有机溶剂"),
}


# A waste that is rare among small firms: solid, in whatever is at hand.
_RARE = Packing("solid", _SOLID, "", "")


def packing_of(waste_code: str) -> Packing:
    """How small firms usually pack a waste."""
    return PACKING.get(waste_code, _RARE)


def fill(rng: Random, waste_code: str, mass_g: int) -> list[tuple[str, int]]:
    """Containers for about this much of a waste: (container type, grams), in tenths of a kilogram."""
    kinds = packing_of(waste_code).kinds
    kind, usual_g = next(
        (one for one in kinds if mass_g <= one[1] * CONTAINERS_USUAL),
        kinds[-1],
    )
    count = min(CONTAINERS_MOST, max(1, round(mass_g / usual_g)))
    share_g = min(mass_g / count, usual_g)
    masses = (max(MASS_MIN_G, int(share_g * rng.uniform(0.94, 1.06)) // 100 * 100) for _ in range(count))
    return [(kind, grams) for grams in masses]
