"""A load goes on with another vehicle of the platform 途中换车 (F69): what may be, and when it is done.

Two crews act, each on its own phone, in any order: one gives, one takes. The load changes hands only when
both have said so of the same containers; until then it is half done and a person looks at it.
A manifest stands for one vehicle's load from one firm: it goes as a whole or not at all (Order 23, Art. 14).
Source: Order 29 of 2019, Art. 23, 24 (rated load, licensed vehicle); Law Art. 81 (nothing incompatible).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from wastehub.domain.errors import Conflict
from wastehub.domain.segregation import Load, Matrix, allows_trip

OFFERED, TAKEN, DONE, WITHDRAWN = "offered", "taken", "done", "withdrawn"
OPEN = (OFFERED, TAKEN)


@dataclass(frozen=True, slots=True)
class Cargo:
    """One container that is to change vehicles."""

    id: Hashable
    label_code: str
    category: str
    mass_g: int
    load: Load


@dataclass(frozen=True, slots=True)
class Taker:
    """The vehicle that takes over, with what it carries already."""

    plate: str
    categories: frozenset[str]
    aboard: tuple[Load, ...]
    aboard_g: int
    capacity_g: int
    partitioned: bool


def require_whole(wanted: frozenset[Hashable], manifests: Mapping[str, frozenset[Hashable]]) -> None:
    """No manifest may be torn apart. `manifests`: containers by manifest number.

    Raises Conflict: relay.nothing, relay.not_on_board, relay.manifest_split.
    """
    if not wanted:
        raise Conflict("relay.nothing", field="container_ids")
    aboard = frozenset(one for part in manifests.values() for one in part)
    if not wanted <= aboard:
        raise Conflict("relay.not_on_board", field="container_ids", containers=len(wanted - aboard))
    for number, part in manifests.items():
        if wanted & part and not part <= wanted:
            raise Conflict(
                "relay.manifest_split", field="container_ids", number=number, containers=len(part - wanted)
            )


def require_may_take(cargo: Sequence[Cargo], taker: Taker, matrix: Matrix) -> None:
    """Whether the other vehicle may carry it with what it has on board.

    Raises Conflict: relay.vehicle_not_licensed, relay.unclassified_alone, relay.incompatible,
    relay.overloaded.
    """
    for one in cargo:
        if one.category not in taker.categories:
            raise Conflict("relay.vehicle_not_licensed", plate=taker.plate, category=one.category)
    aboard = list(taker.aboard)
    for one in cargo:
        for other in aboard:
            relation = matrix.between(one.load, other)
            if allows_trip(relation, partitioned=taker.partitioned):
                continue
            if one.load.group is None or other.group is None:
                raise Conflict("relay.unclassified_alone", plate=taker.plate, label_code=one.label_code)
            raise Conflict(
                "relay.incompatible", plate=taker.plate, group=one.load.group, group_on_board=other.group
            )
        aboard.append(one.load)
    total_g = taker.aboard_g + sum(one.mass_g for one in cargo)
    if total_g > taker.capacity_g:
        raise Conflict("relay.overloaded", plate=taker.plate, load_g=total_g, capacity_g=taker.capacity_g)


def agreed(given: frozenset[Hashable] | None, taken: frozenset[Hashable] | None) -> bool:
    """Whether both sides speak of the same containers. None: that side has not spoken."""
    return given is not None and given == taken
