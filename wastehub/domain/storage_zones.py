"""Where in a store a container may stand.

Source: GB 18597-2023 4.3, 6.1.2 (kept by category, incompatible wastes never meet); the matrix of
segregation groups (seed/reference): only C shares a zone, F never stands in adjoining zones.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from .errors import Conflict
from .segregation import Load, Matrix, Relation


@dataclass
class ZoneFacts:
    """A zone as it stands: `groups` it is laid out for, `loads` in it, `neighbours` adjoining it.

    A zone without groups is the quarantine 待判定隔离区: for waste that nobody has classified yet.
    """

    key: Hashable
    code: str
    capacity_g: int
    stock_g: int
    groups: frozenset[str]
    loads: list[Load] = field(default_factory=list)
    neighbours: list[ZoneFacts] = field(default_factory=list)

    def put(self, load: Load, mass_g: int) -> None:
        self.loads.append(load)
        self.stock_g += mass_g

    def take(self, load: Load, mass_g: int) -> None:
        self.loads.remove(load)
        self.stock_g -= mass_g


def require_place(zone: ZoneFacts, load: Load, mass_g: int, matrix: Matrix) -> None:
    """Whether the container may stand in the zone.

    Raises Conflict: zone.group_not_allowed, zone.full, zone.incompatible, zone.neighbour_incompatible.
    """
    if load.group not in zone.groups and (load.group is not None or zone.groups):
        raise Conflict("zone.group_not_allowed", field="zone_id", zone=zone.code, group=load.group or "—")
    if zone.stock_g + mass_g > zone.capacity_g:
        raise Conflict(
            "zone.full",
            field="zone_id",
            zone=zone.code,
            stock_g=zone.stock_g,
            add_g=mass_g,
            capacity_g=zone.capacity_g,
        )
    for other in set(zone.loads):
        if not _may_touch(load, other, matrix):
            raise Conflict(
                "zone.incompatible",
                field="zone_id",
                zone=zone.code,
                group=load.group or "—",
                group_there=other.group or "—",
            )
    for neighbour in zone.neighbours:
        for other in set(neighbour.loads):
            if matrix.between(load, other) is Relation.F:
                raise Conflict(
                    "zone.neighbour_incompatible",
                    field="zone_id",
                    zone=zone.code,
                    neighbour=neighbour.code,
                    group=load.group or "—",
                    group_there=other.group or "—",
                )


def _may_touch(load: Load, other: Load, matrix: Matrix) -> bool:
    """C, or in quarantine the very same waste code, from whomever: it can be no worse with itself."""
    if load.group is None and other.group is None:
        return bool(load.waste_code) and load.waste_code == other.waste_code
    return matrix.between(load, other) is Relation.C


def suggest(zones: Iterable[ZoneFacts], load: Load, mass_g: int, matrix: Matrix) -> ZoneFacts | None:
    """The zone a container should go to: the most specialised one that may take it, None if none may."""
    for zone in sorted(zones, key=lambda z: (len(z.groups), z.code)):
        try:
            require_place(zone, load, mass_g, matrix)
        except Conflict:
            continue
        return zone
    return None
