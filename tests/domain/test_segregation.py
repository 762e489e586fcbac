"""Incompatible wastes: Solid Waste Law Art. 81."""

from itertools import product

import pytest

from wastehub.domain.segregation import Load, Matrix, Relation, allows_trip, stricter

C, S, F = Relation
MATRIX = Matrix(
    {
        ("A1", "A1"): C,
        ("A1", "B"): F,
        ("A1", "OIL"): S,
        ("A1", "LAB"): S,
        ("B", "B"): C,
        ("B", "OIL"): S,
        ("B", "LAB"): S,
        ("OIL", "OIL"): C,
        ("OIL", "LAB"): S,
        ("LAB", "LAB"): S,
    }
)


def test_the_relation_does_not_ask_who_comes_first():
    for a, b in product(MATRIX.groups, repeat=2):
        assert MATRIX.relation(a, b) is MATRIX.relation(b, a)


def test_acid_and_alkali_never_share_a_trip():
    assert MATRIX.never_together("A1", "B")
    assert not MATRIX.may_share_trip("A1", "B", partitioned=True)


def test_separable_wastes_share_a_trip_only_behind_a_partition():
    assert MATRIX.may_share_trip("A1", "OIL", partitioned=True)
    assert not MATRIX.may_share_trip("A1", "OIL", partitioned=False)
    assert not MATRIX.never_together("A1", "OIL")


def test_compatible_wastes_need_no_partition():
    assert MATRIX.may_share_trip("OIL", "OIL", partitioned=False)


def test_a_zone_holds_only_compatible_groups():
    assert MATRIX.may_share_zone("OIL", "OIL")
    assert not MATRIX.may_share_zone("A1", "OIL")
    assert not MATRIX.may_share_zone("A1", "B")


def test_an_unclassified_waste_travels_alone():
    for other in (*MATRIX.groups, None):
        assert MATRIX.relation(None, other) is F
        assert MATRIX.relation(other, None) is F
        assert not MATRIX.may_share_zone(None, other)


def test_the_conflicts_of_a_trip_are_its_forbidden_pairs():
    assert MATRIX.trip_conflicts(["A1", "OIL", "B"]) == [("A1", "OIL", S), ("A1", "B", F), ("OIL", "B", S)]
    assert MATRIX.trip_conflicts(["A1", "OIL", "B"], partitioned=True) == [("A1", "B", F)]
    assert MATRIX.trip_conflicts(["OIL", "OIL"]) == []
    assert MATRIX.trip_conflicts([None]) == []
    assert MATRIX.trip_conflicts([None, None]) == [(None, None, F)]


def test_laboratory_packs_of_two_units_stay_apart_and_of_one_unit_do_not():
    ours, ours_too, theirs = Load("LAB", "school"), Load("LAB", "school"), Load("LAB", "clinic")
    assert MATRIX.between(ours, ours_too) is C
    assert MATRIX.between(ours, theirs) is S
    assert MATRIX.trip_conflicts(["LAB", "LAB"]) == [("LAB", "LAB", S)]


def test_two_loads_of_unknown_owner_count_as_two_units():
    assert MATRIX.between(Load("LAB"), Load("LAB")) is S


def test_an_unclassified_waste_goes_with_itself_and_nothing_else():
    drum = Load(None, "firm", "900-999-49")
    assert MATRIX.between(drum, Load(None, "firm", "900-999-49")) is C
    assert MATRIX.between(drum, Load(None, "other", "900-999-49")) is F
    assert MATRIX.between(drum, Load(None, "firm", "900-998-49")) is F
    assert MATRIX.between(drum, Load("OIL", "firm", "900-999-49")) is F
    assert MATRIX.between(Load(None, "firm"), Load(None, "firm")) is F


def test_reactive_and_ignitable_wastes_need_a_partition_whatever_their_groups_say():
    solvent = Load("OIL", "x", "900-402-06", frozenset({"T", "I", "R"}))
    oil = Load("OIL", "y", "900-214-08", frozenset({"T", "I"}))
    assert MATRIX.between(solvent, oil) is S
    assert MATRIX.between(oil, oil) is C


def test_a_waste_is_compatible_with_itself_whatever_its_properties():
    solvent = Load("OIL", "x", "900-402-06", frozenset({"T", "I", "R"}))
    same_elsewhere = Load("OIL", "y", "900-402-06", frozenset({"T", "I", "R"}))
    assert MATRIX.between(solvent, same_elsewhere) is C


def test_properties_never_soften_a_ban():
    acid = Load("A1", "x", "900-300-34", frozenset({"C", "R"}))
    lye = Load("B", "x", "900-352-35", frozenset({"C", "T"}))
    assert MATRIX.between(acid, lye) is F


@pytest.mark.parametrize(("a", "b", "more"), [(C, S, S), (S, F, F), (C, F, F), (C, C, C)])
def test_the_stricter_relation_wins(a, b, more):
    assert stricter(a, b) is more
    assert stricter(b, a) is more


def test_what_a_relation_lets_ride():
    allowed = [
        (relation, tray)
        for relation in Relation
        for tray in (False, True)
        if allows_trip(relation, partitioned=tray)
    ]
    assert allowed == [(C, False), (C, True), (S, True)]


def test_a_missing_pair_stops_the_matrix():
    with pytest.raises(KeyError):
        Matrix({("A1", "A1"): C, ("B", "B"): C})


def test_a_group_without_a_relation_to_itself_stops_the_matrix():
    with pytest.raises(KeyError):
        Matrix({("A1", "A1"): C, ("A1", "B"): F})


def test_two_answers_for_one_pair_stop_the_matrix():
    with pytest.raises(ValueError, match="two relations"):
        Matrix({("A1", "A1"): C, ("B", "B"): C, ("A1", "B"): F, ("B", "A1"): S})


def test_both_directions_with_one_answer_are_fine():
    pairs = {("A1", "A1"): C, ("B", "B"): C, ("A1", "B"): F, ("B", "A1"): F}
    assert Matrix(pairs).relation("B", "A1") is F


def test_relations_may_come_as_letters_from_a_table():
    assert Matrix({("A1", "A1"): "S"}).relation("A1", "A1") is S  # type: ignore[dict-item]


def test_an_unknown_group_is_not_guessed():
    with pytest.raises(KeyError):
        MATRIX.relation("A1", "XX")


def test_what_a_load_may_never_meet_is_told_once_for_each_pair() -> None:
    forbidden = {(a, b) for a, b in MATRIX.never_with(["A1", "B", "A1"])}
    assert ("A1", "B") in forbidden and ("B", "A1") not in forbidden
    assert all(MATRIX.never_together(a, b) for a, b in forbidden)
    told = {frozenset(pair) for pair in forbidden}
    assert len(told) == len(forbidden)
    # Everything forbidden is told, and what may share a trip is not.
    wanted = {frozenset((a, b)) for a in ("A1", "B") for b in MATRIX.groups if MATRIX.never_together(a, b)}
    assert told == wanted
    assert frozenset(("A1", "OIL")) not in told
    assert MATRIX.never_with([]) == []
    with pytest.raises(KeyError):
        MATRIX.never_with(["no such group"])
