"""What a passer-by should do at a leaking or abandoned container, by hazard property.

General advice of first response (keep away, warn, call), not medical instruction and not out of a standard;
the shipper's own safety data come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

FIRST = (
    ("不要触碰、搬动或打开容器", "Do not touch, move or open the container"),
    ("站到上风处，劝离旁人，远离下水道口", "Stay upwind, keep others away, mind the drains"),
)
ADVICE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "I": ("不要吸烟、点火或开关电器，车辆熄火", "No smoking, flames or switches; engines off"),
        "C": (
            "沾到皮肤或眼睛，立即用大量清水冲洗并就医",
            "On skin or in the eyes: rinse at once with plenty of water and see a doctor",
        ),
        "T": (
            "不要吸入气味；感到头晕、恶心时立即离开并就医",
            "Do not breathe the fumes; if dizzy or sick, leave and see a doctor",
        ),
        "R": ("不要泼水、撞击或加热", "No water, shock or heat"),
        "In": (
            "不要接触；接触过的皮肤用肥皂和流水清洗",
            "Do not touch; wash skin that did with soap under running water",
        ),
    }
)


def advice(hazards: Iterable[str], *, english: bool) -> list[str]:
    """What to do, the general first."""
    at = 1 if english else 0
    lines = [line[at] for line in FIRST]
    return lines + [ADVICE[letter][at] for letter in hazards if letter in ADVICE]
