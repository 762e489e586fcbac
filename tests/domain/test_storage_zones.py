"""Where a container may stand: group, capacity, what is there, what adjoins (GB 18597-2023 4.3, 6.1.2)."""

from __future__ import annotations

import pytest

from wastehub.domain.errors import Conflict
from wastehub.domain.segregation import Load, Matrix, Relation
from wastehub.domain.storage_zones import ZoneFacts, require_place, suggest

MATRIX = Matrix(
    {
        ("OIL", "OIL"): Relation.C,
        ("EM", "EM"): Relation.C,
        ("EM", "OIL"): Relation.C,
        ("OX", "OX"): Relation.C,
        ("OIL", "OX"): Relation.F,
        ("EM", "OX"): Relation.S,
        ("B", "B"): Relation.C,
        ("B", "OIL"): Relation.S,
        ("B", "EM"): Relation.S,
        ("B", "OX"): Relation.S,
    }
)
OIL, EMULSION, OXIDISER, ALKALI = (Load(g, "firm", f"code {g}") for g in ("OIL", "EM", "OX", "B"))
UNKNOWN = Load(None, "firm", "900-045-49")


def zone(code: str = "Z1", *groups: str, capacity_g: int = 1_000_000, stock_g: int = 0) -> ZoneFacts:
    return ZoneFacts(code, code, capacity_g, stock_g, frozenset(groups))


def refusal(where: ZoneFacts, load: Load, mass_g: int = 1) -> str:
    with pytest.raises(Conflict) as refused:
        require_place(where, load, mass_g, MATRIX)
    return refused.value.code


def test_a_zone_takes_the_groups_it_is_laid_out_for() -> None:
    require_place(zone("Z1", "OIL", "EM"), OIL, 200_000, MATRIX)


def test_a_zone_takes_no_other_group() -> None:
    assert refusal(zone("Z1", "EM"), OIL) == "zone.group_not_allowed"


def test_a_zone_is_full_at_its_capacity_and_not_before() -> None:
    where = zone("Z1", "OIL", capacity_g=1_000, stock_g=400)
    require_place(where, OIL, 600, MATRIX)
    assert refusal(where, OIL, 601) == "zone.full"


def test_only_compatible_wastes_share_a_zone() -> None:
    where = zone("Z1", "OIL", "EM", "B")
    where.put(EMULSION, 1)
    require_place(where, OIL, 1, MATRIX)
    assert refusal(where, ALKALI) == "zone.incompatible"


def test_wastes_that_never_meet_stand_in_no_adjoining_zones() -> None:
    where, beside = zone("Z1", "OIL", "B"), zone("Z2", "OX")
    where.neighbours = [beside]
    beside.put(OXIDISER, 1)
    assert refusal(where, OIL) == "zone.neighbour_incompatible"
    require_place(where, ALKALI, 1, MATRIX)  # S needs a partition, which two zones have


def test_unclassified_waste_goes_to_quarantine_and_nothing_else_does() -> None:
    quarantine = zone("Z11")
    require_place(quarantine, UNKNOWN, 1, MATRIX)
    assert refusal(quarantine, OIL) == "zone.group_not_allowed"
    assert refusal(zone("Z1", "OIL"), UNKNOWN) == "zone.group_not_allowed"


def test_quarantine_holds_one_waste_code_at_a_time() -> None:
    quarantine = zone("Z11")
    quarantine.put(UNKNOWN, 1)
    require_place(quarantine, Load(None, "another firm", "900-045-49"), 1, MATRIX)
    assert refusal(quarantine, Load(None, "firm", "900-999-49")) == "zone.incompatible"


def test_the_most_specialised_free_zone_is_suggested() -> None:
    wide, narrow = zone("Z1", "OIL", "EM"), zone("Z2", "OIL")
    assert suggest([wide, narrow], OIL, 1, MATRIX) is narrow
    narrow.stock_g = narrow.capacity_g
    assert suggest([wide, narrow], OIL, 1, MATRIX) is wide


def test_no_zone_is_suggested_when_none_may_take_it() -> None:
    assert suggest([zone("Z1", "EM")], OIL, 1, MATRIX) is None


def test_taking_a_container_out_makes_room_again() -> None:
    where = zone("Z1", "OIL", capacity_g=10)
    where.put(OIL, 10)
    assert refusal(where, OIL) == "zone.full"
    where.take(OIL, 10)
    require_place(where, OIL, 10, MATRIX)
