"""Which wastes may share a compartment, a vehicle trip, a storage zone.

The groups and the relation of each pair, with reason and source, are reference data; this is the arithmetic.
Source: Solid Waste Law Art. 81 (no mixing of incompatible wastes); matrix built from GB 18597-2001 Appendix B
(informative, replaced in 2023, kept as engineering guidance) and 40 CFR 264 Appendix V.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from wastehub.domain import hazards


class Relation(StrEnum):
    """C shared compartment; S one vehicle, with partition and own spill tray; F never on one trip."""

    C = "C"
    S = "S"
    F = "F"


_STRICTNESS = {Relation.C: 0, Relation.S: 1, Relation.F: 2}


def stricter(a: Relation, b: Relation) -> Relation:
    """The one of two relations that forbids more."""
    return max(a, b, key=_STRICTNESS.__getitem__)


@dataclass(frozen=True, slots=True)
class Load:
    """What the rule must know of one container; `group` None: not classified yet, `unit`: whose it is."""

    group: str | None
    unit: object = None
    waste_code: str = ""
    hazards: frozenset[str] = frozenset()


class Matrix:
    """The relation of every pair of groups; symmetric and complete, or it is not built at all."""

    def __init__(self, pairs: Mapping[tuple[str, str], Relation]) -> None:
        """Raises KeyError for a missing pair, ValueError when (a, b) and (b, a) disagree."""
        self._relations: dict[tuple[str, str], Relation] = {}
        for (a, b), relation in pairs.items():
            for key in ((a, b), (b, a)):
                known = self._relations.setdefault(key, Relation(relation))
                if known != relation:
                    raise ValueError(f"two relations for one pair of groups: {key}")
        self.groups = tuple(sorted({name for pair in self._relations for name in pair}))
        for a in self.groups:
            for b in self.groups:
                if (a, b) not in self._relations:
                    raise KeyError((a, b))

    def relation(self, a: str | None, b: str | None) -> Relation:
        """The relation of two groups of DIFFERENT units; F with a waste nobody has classified yet.

        KeyError for a group the matrix does not know.
        """
        if a is None or b is None:
            return Relation.F
        return self._relations[a, b]

    def between(self, a: Load, b: Load) -> Relation:
        """The relation of two containers: groups, then hazard properties, the stricter one wins.

        One unit's waste of one group goes with itself (mixed laboratory packs of two units do not), and an
        unclassified waste goes only with the same waste of the same unit: that is what alone means.
        """
        same_unit = a.unit is not None and a.unit == b.unit
        same_waste = bool(a.waste_code) and a.waste_code == b.waste_code
        if a.group is None or b.group is None:
            return Relation.C if a.group == b.group and same_unit and same_waste else Relation.F
        by_group = Relation.C if same_unit and a.group == b.group else self.relation(a.group, b.group)
        if not same_waste and hazards.incompatible_by_property(a.hazards, b.hazards):
            return stricter(by_group, Relation.S)
        return by_group

    def never_together(self, a: str | None, b: str | None) -> bool:
        """Whether no vehicle at all may carry both on one trip."""
        return self.relation(a, b) is Relation.F

    def never_with(self, groups: Sequence[str]) -> list[tuple[str, str]]:
        """Every pair of one of some groups and a group that may never ride with it, each pair once.

        KeyError for a group the matrix does not know.
        """
        found: dict[frozenset[str], tuple[str, str]] = {}
        for own in dict.fromkeys(groups):
            for other in self.groups:
                if self.never_together(own, other):
                    found.setdefault(frozenset((own, other)), (own, other))
        return list(found.values())

    def may_share_trip(self, a: str | None, b: str | None, *, partitioned: bool) -> bool:
        """Whether one trip may carry both: C always, S only behind a partition with own tray, F never."""
        return allows_trip(self.relation(a, b), partitioned=partitioned)

    def may_share_zone(self, a: str | None, b: str | None) -> bool:
        """Whether one storage zone may hold both: C only. Source: GB 18597-2023 4.3, 6.1.2."""
        return self.relation(a, b) is Relation.C

    def trip_conflicts(
        self, groups: Sequence[str | None], *, partitioned: bool = False
    ) -> list[tuple[str | None, str | None, Relation]]:
        """The pairs that may not ride together, one entry of `groups` per unit and group."""
        return [
            (a, b, self.relation(a, b))
            for a, b in combinations(groups, 2)
            if not self.may_share_trip(a, b, partitioned=partitioned)
        ]


def allows_trip(relation: Relation, *, partitioned: bool) -> bool:
    """Whether a relation lets both ride on one trip of a vehicle with or without partition trays."""
    return relation is Relation.C or (relation is Relation.S and partitioned)
