"""What a scan does: one test per refusal and its near miss."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain import batch_lifecycle, custody
from wastehub.domain.custody import ContainerFacts, ScanFacts, StopFacts, VehicleFacts, Verdict
from wastehub.domain.quantities import ToleranceRule
from wastehub.domain.segregation import Load, Matrix, Relation

C, S, F = Relation
MATRIX = Matrix(
    {
        ("A1", "A1"): C,
        ("A1", "B"): F,
        ("A1", "OIL"): S,
        ("B", "B"): C,
        ("B", "OIL"): S,
        ("OIL", "OIL"): C,
        ("LAB", "LAB"): S,
        ("LAB", "A1"): S,
        ("LAB", "B"): S,
        ("LAB", "OIL"): S,
    }
)
TOLERANCE = ToleranceRule(floor_g=500, ppm=5_000)

SCAN = ScanFacts("load", "CODE", 170_000, datetime(2026, 3, 2, 1, tzinfo=UTC), "round")
CONTAINER = ContainerFacts(
    "labelled", "firm", "CODE", 170_000, "request", None, "OIL", "HW08", frozenset({"T", "I"}), "900-214-08"
)
STOP = StopFacts("firm", "request", round_open=True)
VEHICLE = VehicleFacts(frozenset({"HW08", "HW34", "HW49"}), (), 0, 1_500_000, partitioned=False)
LOADED = replace(CONTAINER, state="loaded", loaded_round_id="round")


def judge(scan=SCAN, container=CONTAINER, stop=STOP, vehicle=VEHICLE) -> Verdict:
    return custody.judge(scan, container, stop, vehicle, matrix=MATRIX, tolerance=TOLERANCE)


def refusing(reason: str | None, note: str = "", photos: int = 1) -> ScanFacts:
    return replace(SCAN, kind="refuse", measured_g=None, refuse_reason=reason, note=note, photos=photos)


BACK = replace(SCAN, kind="unload_back", measured_g=None)


def test_a_labelled_container_of_the_stop_is_taken():
    verdict = judge()
    assert (verdict.outcome, verdict.reason, verdict.code, verdict.warnings) == ("accepted", None, None, ())


@pytest.mark.parametrize("scan", [SCAN, refusing("overfilled"), BACK])
def test_an_unknown_label(scan):
    verdict = judge(scan, container=None)
    assert (verdict.outcome, verdict.reason) == ("refused", "label_unknown")
    assert (verdict.code, verdict.params) == ("scan.label_unknown", {"label_code": "CODE"})


@pytest.mark.parametrize("scan", [SCAN, refusing("overfilled"), BACK])
def test_a_void_label(scan):
    assert judge(scan, replace(CONTAINER, state="void")).reason == "label_void"


def test_a_label_not_printed_yet():
    assert judge(container=replace(CONTAINER, state="registered")).reason == "label_not_printed"


def test_the_same_load_twice_is_a_duplicate_and_no_refusal():
    verdict = judge(container=LOADED)
    assert (verdict.outcome, verdict.reason, verdict.code) == ("duplicate", None, "scan.duplicate")


def test_a_duplicate_stays_one_after_the_round_has_closed():
    assert judge(container=LOADED, stop=replace(STOP, round_open=False)).outcome == "duplicate"


def test_loaded_on_another_round_is_already_collected():
    assert judge(container=replace(LOADED, loaded_round_id="other")).reason == "already_collected"


@pytest.mark.parametrize(
    "state", ["refused_on_arrival", "stored", "in_lot", "shipped", "at_plant", "treated"]
)
def test_what_has_left_the_enterprise_is_already_collected(state):
    moved = replace(LOADED, state=state)
    assert judge(container=moved).reason == "already_collected"
    assert judge(refusing("overfilled"), moved).reason == "already_collected"
    assert judge(BACK, moved).reason == "not_on_board"


@pytest.mark.parametrize("scan", [SCAN, refusing("overfilled")])
def test_a_container_of_another_enterprise(scan):
    assert judge(scan, replace(CONTAINER, enterprise_id="neighbour")).reason == "other_enterprise"


@pytest.mark.parametrize("scan", [SCAN, refusing("overfilled")])
def test_a_container_that_is_not_in_the_request_of_the_stop(scan):
    assert judge(scan, replace(CONTAINER, request_id="later")).reason == "not_on_this_round"
    assert judge(scan, replace(CONTAINER, request_id=None)).reason == "not_on_this_round"
    assert judge(scan, stop=replace(STOP, request_id=None)).reason == "not_on_this_round"


def test_a_request_without_number_on_both_sides_is_no_request():
    assert (
        judge(container=replace(CONTAINER, request_id=None), stop=replace(STOP, request_id=None)).outcome
        == "refused"
    )


@pytest.mark.parametrize("scan", [SCAN, refusing("overfilled")])
def test_a_round_without_a_stop_there(scan):
    assert judge(scan, stop=None).reason == "not_on_this_round"


@pytest.mark.parametrize(
    ("scan", "container"), [(SCAN, CONTAINER), (refusing("no_room"), CONTAINER), (BACK, LOADED)]
)
def test_a_round_that_is_not_under_way(scan, container):
    assert judge(scan, container).outcome == "accepted"
    assert judge(scan, container, replace(STOP, round_open=False)).reason == "round_not_open"


def test_a_vehicle_without_the_licence():
    verdict = judge(container=replace(CONTAINER, category="HW12"))
    assert (verdict.reason, verdict.params) == ("vehicle_not_licensed", {"category": "HW12"})


def on_board(*loads: Load, partitioned: bool = False) -> VehicleFacts:
    return replace(VEHICLE, groups_on_board=loads, partitioned=partitioned)


def test_forbidden_neighbours_never_ride_together():
    acid = replace(CONTAINER, group="A1", category="HW34", hazards=frozenset({"C"}))
    for partitioned in (False, True):
        verdict = judge(container=acid, vehicle=on_board(Load("B", "x"), partitioned=partitioned))
        assert verdict.reason == "incompatible_on_board"
        assert verdict.params == {"group": "A1", "group_on_board": "B", "relation": "F"}


def test_separable_neighbours_need_a_partition():
    acid_on_board = Load("A1", "x")
    assert judge(vehicle=on_board(acid_on_board)).reason == "incompatible_on_board"
    assert judge(vehicle=on_board(acid_on_board, partitioned=True)).outcome == "accepted"


def test_compatible_neighbours_ride_together():
    assert judge(vehicle=on_board(Load("OIL", "x"), Load("OIL", "firm"))).outcome == "accepted"


def test_reactive_waste_on_board_needs_a_partition_from_ignitable_waste():
    reactive = Load("OIL", "x", "900-402-06", frozenset({"R"}))
    assert judge(vehicle=on_board(reactive)).reason == "incompatible_on_board"
    assert judge(vehicle=on_board(reactive, partitioned=True)).outcome == "accepted"


def test_laboratory_packs_of_one_firm_ride_together_and_of_two_behind_a_partition():
    pack = replace(CONTAINER, group="LAB", category="HW49", waste_code="900-047-49")
    assert judge(container=pack, vehicle=on_board(Load("LAB", "firm"))).outcome == "accepted"
    assert judge(container=pack, vehicle=on_board(Load("LAB", "school"))).reason == "incompatible_on_board"
    assert (
        judge(container=pack, vehicle=on_board(Load("LAB", "school"), partitioned=True)).outcome == "accepted"
    )


def test_an_unclassified_waste_rides_alone():
    unknown = replace(CONTAINER, group=None)
    assert judge(container=unknown).outcome == "accepted"
    beside_oil = on_board(Load("OIL", "firm"), partitioned=True)
    assert judge(container=unknown, vehicle=beside_oil).reason == "unclassified_alone"
    assert judge(vehicle=on_board(Load(None, "x"), partitioned=True)).reason == "unclassified_alone"
    beside_itself = on_board(Load(None, "firm", "900-214-08"))
    assert judge(container=unknown, vehicle=beside_itself).outcome == "accepted"


def test_a_load_without_mass():
    assert judge(replace(SCAN, measured_g=None)).reason == "mass_missing"


@pytest.mark.parametrize("measured_g", [0, -1, 17_000, 1_700_000, 30_000_001])
def test_an_absurd_mass(measured_g):
    verdict = judge(replace(SCAN, measured_g=measured_g))
    assert (verdict.reason, verdict.params) == (
        "mass_absurd",
        {"measured_g": measured_g, "declared_g": 170_000},
    )


@pytest.mark.parametrize("measured_g", [17_001, 1_499_999])
def test_a_mass_that_is_only_far_off_is_a_difference(measured_g):
    assert judge(replace(SCAN, measured_g=measured_g)).outcome == "accepted"


def test_the_vehicle_carries_its_rated_load_and_not_a_gram_more():
    assert judge(vehicle=replace(VEHICLE, mass_on_board_g=1_330_000)).outcome == "accepted"
    verdict = judge(vehicle=replace(VEHICLE, mass_on_board_g=1_330_001))
    assert verdict.reason == "vehicle_full"
    assert verdict.params == {"measured_g": 170_000, "left_g": 169_999, "capacity_g": 1_500_000}


def test_a_mass_at_the_tolerance_gives_no_warning():
    assert judge(replace(SCAN, measured_g=170_850)).warnings == ()


def test_a_mass_beyond_the_tolerance_is_taken_with_a_warning():
    verdict = judge(replace(SCAN, measured_g=169_149))
    assert verdict.outcome == "accepted"
    (warning,) = verdict.warnings
    assert warning.code == "scan.mass_outside_tolerance"
    assert warning.params == {
        "declared_g": 170_000,
        "measured_g": 169_149,
        "difference_g": -851,
        "allowed_g": 850,
    }


def test_the_driver_refuses_with_a_reason_and_needs_no_scales():
    assert judge(refusing("overfilled")).outcome == "accepted"


def test_a_reason_that_asks_for_a_photo_takes_effect_only_with_one():
    verdict = judge(refusing("leaking", photos=0))
    assert (verdict.code, verdict.params["name_zh"]) == ("scan.photo_missing", "包装渗漏或破损")
    assert judge(refusing("leaking", photos=1)).outcome == "accepted"
    assert judge(refusing("no_room", photos=0)).outcome == "accepted"


def test_even_an_unlabelled_container_may_be_refused():
    assert judge(refusing("unlabelled"), replace(CONTAINER, state="registered")).outcome == "accepted"


@pytest.mark.parametrize(
    ("reason", "note", "expected"),
    [
        (None, "", "refuse_reason_missing"),
        ("mood", "", "refuse_reason_unknown"),
        ("other", " ", "note_missing"),
        ("other", "场地积水", None),
    ],
)
def test_the_reason_of_a_refusal(reason, note, expected):
    assert judge(refusing(reason, note)).reason == expected


def test_a_load_is_undone_before_leaving():
    assert judge(BACK, LOADED).outcome == "accepted"


def test_what_is_not_on_board_cannot_be_unloaded():
    assert judge(BACK, CONTAINER).reason == "not_on_board"
    assert judge(BACK, replace(LOADED, loaded_round_id="other")).reason == "not_on_board"


def test_a_load_is_undone_only_at_its_own_enterprise():
    assert judge(BACK, LOADED, replace(STOP, enterprise_id="neighbour")).reason == "other_enterprise"


@given(
    st.sampled_from(["load", "refuse", "unload_back"]),
    st.sampled_from(batch_lifecycle.STATES),
    st.sampled_from([None, "round", "other"]),
    st.one_of(st.none(), st.integers(-5, 40_000_000)),
    st.sampled_from([None, "overfilled", "x"]),
    st.booleans(),
)
def test_every_scan_gets_a_verdict_that_the_life_of_the_container_allows(
    kind, state, loaded_on, measured_g, reason, is_open
):
    scan = replace(SCAN, kind=kind, measured_g=measured_g, refuse_reason=reason)
    container = replace(CONTAINER, state=state, loaded_round_id=loaded_on)
    verdict = judge(scan, container, replace(STOP, round_open=is_open))
    if verdict.outcome == "accepted" and kind != "refuse":
        assert batch_lifecycle.may(state, kind)
    assert (verdict.reason is not None) == (verdict.outcome == "refused")
    assert verdict.reason is None or verdict.reason in custody.REASONS
