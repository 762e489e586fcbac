"""How much of each load class a platform's zones still take, so that no plan can overfill one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ZoneRoom:
    """What one zone still takes and of which segregation groups."""

    left_g: int
    groups: frozenset[str]


def shares(
    zones: list[ZoneRoom], *, incoming_g: Mapping[str, int], wanted_g: Mapping[tuple[str, str], int]
) -> dict[str, int]:
    """Grams each load class may still bring: {class id: g}; the sum of all shares fits the zones.

    `wanted_g`: what the pool could bring, keyed by (group, class id); `incoming_g`: what published rounds
    are already bringing, by group. Zones are shared between groups, the solver's limits are per class:
    so each class gets the part of a zone that its own demand asks for, the pickiest group first.
    """
    left = [zone.left_g for zone in zones]

    def take(group: str, amount_g: int) -> int:
        taken = 0
        # The most specialised zone first: it is of no use to anybody else.
        for k in sorted(range(len(zones)), key=lambda k: (len(zones[k].groups), k)):
            if group in zones[k].groups and taken < amount_g:
                part = min(max(left[k], 0), amount_g - taken)
                left[k] -= part
                taken += part
        return taken

    def choices(group: str) -> int:
        return sum(1 for zone in zones if group in zone.groups)

    for group in sorted(incoming_g, key=lambda g: (choices(g), g)):
        take(group, incoming_g[group])
    made: dict[str, int] = {}
    for group, class_id in sorted(wanted_g, key=lambda key: (choices(key[0]), key)):
        made[class_id] = take(group, wanted_g[group, class_id])
    return made
