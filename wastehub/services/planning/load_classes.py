"""From waste to the anonymous load classes that the solver knows, and which of them share no trip.

A load class is one waste code in one segregation group with one set of hazard letters. F is a conflict on
every vehicle, S on every vehicle without partitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from uuid import UUID

from ...domain import waste_codes
from ...domain.segregation import Load, Matrix, Relation, allows_trip


@dataclass(frozen=True, slots=True, order=True)
class LoadClass:
    """`group` empty: nobody has classified the waste, it travels alone."""

    group: str
    waste_code: str
    hazards: str

    @property
    def id(self) -> str:
        return f"{self.group or '?'}:{self.waste_code}:{self.hazards}"

    @property
    def category(self) -> str:
        return waste_codes.category(self.waste_code)

    def load(self, unit: object) -> Load:
        """The class as the segregation rule sees it, for a container of one unit."""
        letters = frozenset(self.hazards.split("/"))
        return Load(self.group or None, unit=unit, waste_code=self.waste_code, hazards=letters)


@dataclass(frozen=True, slots=True)
class Cargo:
    """One container as the planner needs it. `gross_g` counts the empty container too."""

    container_id: UUID
    load_class: LoadClass
    mass_g: int
    gross_g: int
    volume_l: int
    places_milli: int

    def amounts(self) -> dict[str, int]:
        return {
            "mass_g": self.mass_g,
            "gross_g": self.gross_g,
            "volume_l": self.volume_l,
            "places_milli": self.places_milli,
            "containers": 1,
        }


def conflicts(classes: Iterable[LoadClass], matrix: Matrix) -> list[tuple[LoadClass, LoadClass, Relation]]:
    """The pairs of classes that two different units' containers may not freely share a trip in: S or F."""
    known = sorted({one for one in classes if one.group})
    related = (
        (a, b, matrix.between(a.load("one"), b.load("other")))
        for a, b in combinations_with_replacement(known, 2)
    )
    return [(a, b, relation) for a, b, relation in related if relation is not Relation.C]


def parts(cargo: Sequence[Cargo], matrix: Matrix, *, partitioned: bool) -> list[list[Cargo]]:
    """One unit's containers in as few loads as their classes need, each fit for one trip; biggest first."""
    by_class: dict[LoadClass, list[Cargo]] = {}
    for item in cargo:
        by_class.setdefault(item.load_class, []).append(item)
    loads: list[list[LoadClass]] = []
    for one in sorted(by_class, key=lambda c: (-sum(i.mass_g for i in by_class[c]), c)):
        for load in loads:
            if all(
                allows_trip(matrix.between(one.load("own"), b.load("own")), partitioned=partitioned)
                for b in load
            ):
                load.append(one)
                break
        else:
            loads.append([one])
    return [[item for one in load for item in by_class[one]] for load in loads]
