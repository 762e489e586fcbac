"""Positions, alarms, arrivals and relays: each rule with its near miss."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wastehub.domain import arrivals, duty_alarms, duty_settings, positions, relays
from wastehub.domain.arrivals import Leg, PlannedStop
from wastehub.domain.driving_time import Count, DrivingRule, Moment, count
from wastehub.domain.errors import Conflict
from wastehub.domain.positions import Fix
from wastehub.domain.relays import Cargo, Taker
from wastehub.domain.segregation import Load, Matrix, Relation

NOW = datetime(2026, 3, 16, 2, 0, tzinfo=UTC)
HOME, EAST, FAR_EAST = (120_700_000, 30_750_000), (120_800_000, 30_750_000), (120_900_000, 30_750_000)
RULE = DrivingRule(14_400, 1_200, 28_800, 1_800)
LIMITS = duty_alarms.thresholds_of(duty_settings.DEFAULTS)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def fix(at: datetime, place: tuple[int, int] = HOME, accuracy_m: int = 10) -> Fix:
    return Fix(at, *place, accuracy_m)


# -- settings ---------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_reference_data() -> None:
    path = Path(__file__).parents[2] / "seed/reference/legal_limits.csv"
    with path.open(encoding="utf-8", newline="") as file:
        kept = {row["key"]: int(row["value_int"]) for row in csv.DictReader(file)}
    assert {key: kept[key] for key in duty_settings.DEFAULTS} == duty_settings.DEFAULTS
    assert duty_settings.settings({"driving_max_s": 1})["driving_max_s"] == 1


# -- positions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "accuracy_m", "why"),
    [
        (ago(minutes=1), 10, None),
        (ago(hours=2), 10, None),  # the moment of departure itself
        (ago(hours=2, seconds=1), 10, "off_duty"),
        (ago(days=3, seconds=1), 10, "too_old"),
        (ago(minutes=-10), 10, None),
        (ago(minutes=-11), 10, "in_future"),
        (ago(minutes=1), 2_000, None),
        (ago(minutes=1), 2_001, "inexact"),
    ],
)
def test_what_is_kept(at: datetime, accuracy_m: int, why: str | None) -> None:
    found = positions.reason_to_drop(
        fix(at, accuracy_m=accuracy_m), started_at=ago(hours=2), finished_at=None, now=NOW
    )
    assert found == why


def test_nothing_is_kept_before_and_after_duty() -> None:
    def off(started_at: datetime | None, finished_at: datetime | None) -> str | None:
        one = fix(ago(minutes=30))
        return positions.reason_to_drop(one, started_at=started_at, finished_at=finished_at, now=NOW)

    assert off(None, None) == "off_duty"
    assert off(ago(hours=3), ago(minutes=31)) == "off_duty"
    assert off(ago(hours=3), ago(minutes=30)) is None


def test_distances_are_metres() -> None:
    # A degree of the meridian is 111.2 km on the mean sphere.
    assert positions.distance_m((120_000_000, 30_000_000), (120_000_000, 31_000_000)) == pytest.approx(
        111_195, abs=5
    )
    assert positions.distance_m(HOME, HOME) == 0
    above = (120_750_000, 30_759_000)
    assert positions.off_line_m(above, HOME, EAST) == pytest.approx(1_001, abs=5)
    beyond = (120_700_000 - 20_000, 30_750_000)
    assert positions.off_line_m(beyond, HOME, EAST) == pytest.approx(
        positions.distance_m(beyond, HOME), abs=5
    )
    assert positions.off_line_m(EAST, HOME, HOME) == pytest.approx(positions.distance_m(EAST, HOME), abs=5)


# -- alarms -----------------------------------------------------------------------------------------


def clock(*moments: tuple[Any, float]) -> Count:
    told = [Moment(what, round(ago(hours=hours).timestamp())) for what, hours in moments]
    return count(told, rule=RULE, now_s=round(NOW.timestamp()))


def alarms(
    fixes: list[Fix], *, told: Count | None = None, end_at: datetime = NOW
) -> dict[str, duty_alarms.Alarm]:
    found = duty_alarms.judge(
        fixes=fixes,
        way=[HOME, EAST, HOME],
        count=told or clock(("depart", 1)),
        planned_end_at=end_at,
        started_at=ago(hours=1),
        now=NOW,
        rule=LIMITS,
    )
    return {alarm.kind: alarm for alarm in found}


# 0.05 degrees north of the line: 5.6 km; 0.04: 4.4 km.
OFF, NEARLY = (120_750_000, 30_800_000), (120_750_000, 30_790_000)


def test_off_the_way_needs_three_fixes_in_a_row() -> None:
    one, two, three = (fix(ago(minutes=minutes), OFF) for minutes in (3, 2, 1))
    assert "off_route" not in alarms([two, three])
    found = alarms([one, two, three])["off_route"]
    assert found.since_at == one.at and found.numbers["away_m"] == pytest.approx(5_560, abs=20)


def test_nearly_off_and_back_again_is_no_alarm() -> None:
    away = [fix(ago(minutes=minutes), OFF) for minutes in (5, 4, 3)]
    assert "off_route" not in alarms([fix(ago(minutes=m), NEARLY) for m in (3, 2, 1)])
    assert "off_route" not in alarms([*away, fix(ago(minutes=1), EAST)])
    vague = [fix(ago(minutes=minutes), OFF, accuracy_m=600) for minutes in (3, 2, 1)]
    assert "off_route" not in alarms(vague)


def standing(minutes: int, place: tuple[int, int] = NEARLY) -> list[Fix]:
    return [fix(ago(minutes=each), place) for each in range(minutes, -1, -1)]


def test_standing_half_an_hour_at_no_planned_place() -> None:
    assert alarms(standing(30))["long_stop"].numbers["still_s"] == 1_800
    assert "long_stop" not in alarms(standing(29))


def test_standing_at_a_stop_at_the_platform_or_at_rest_is_as_planned() -> None:
    assert "long_stop" not in alarms(standing(60, EAST))
    assert "long_stop" not in alarms(standing(60, HOME))
    assert "long_stop" not in alarms(standing(60), told=clock(("depart", 2), ("rest_begin", 1)))


def test_a_vehicle_that_moved_meanwhile_has_not_stood() -> None:
    moved = [*standing(40)[:10], fix(ago(minutes=30), (120_760_000, 30_790_000)), *standing(20)]
    assert "long_stop" not in alarms(moved)


def test_late_from_half_an_hour_after_the_planned_end() -> None:
    assert "late" not in alarms([], end_at=ago(seconds=1_800))
    assert alarms([], end_at=ago(seconds=1_801))["late"].numbers["late_s"] == 1_801


def test_driving_is_warned_of_and_then_an_alarm() -> None:
    assert not alarms([], told=clock(("depart", 3.4)))
    assert list(alarms([], told=clock(("depart", 3.6)))) == ["driving_soon"]
    # Who stands has been told already.
    assert not alarms([], told=clock(("depart", 3.7), ("stand", 0.1)))
    assert list(alarms([], told=clock(("depart", 4.1)))) == ["driving_over"]
    long = clock(("depart", 9), ("rest_begin", 5), ("rest_end", 4.5))
    assert set(alarms([], told=long)) == {"driving_over", "day_over"}


def test_silence_is_an_alarm_only_of_a_phone_that_had_spoken() -> None:
    assert not alarms([])
    assert "silent" not in alarms([fix(ago(minutes=30))])
    assert alarms([fix(ago(minutes=31))])["silent"].numbers["silent_s"] == 1_860


# -- arrivals ---------------------------------------------------------------------------------------


def stop(name: str, place: tuple[int, int], arrive: int, **more: Any) -> PlannedStop:
    """Planned at minute `arrive` from NOW, ten minutes of work."""
    at = NOW + timedelta(minutes=arrive)
    more = {"service_at": at} | more
    return PlannedStop(name, place, at, depart_at=more["service_at"] + timedelta(minutes=10), **more)


def expected(start_min: float, stops: list[PlannedStop], one: Fix | None = None) -> dict[Any, float]:
    """Minutes from NOW by stop; the plan leaves at NOW."""
    start = Leg(HOME, NOW, NOW + timedelta(minutes=start_min))
    found = arrivals.expect(start, stops, fix=one, now=NOW, half_window_s=900)
    return {each.id: round((each.at - NOW).total_seconds() / 60, 1) for each in found}


def test_on_time_the_plan_is_what_is_told() -> None:
    assert expected(0, [stop("a", EAST, 30), stop("b", FAR_EAST, 60)]) == {"a": 30, "b": 60}


def test_a_late_start_moves_everything_behind_it() -> None:
    assert expected(20, [stop("a", EAST, 30), stop("b", FAR_EAST, 60)]) == {"a": 50, "b": 80}


def test_waiting_for_a_gate_to_open_takes_up_a_delay() -> None:
    waits = stop("a", EAST, 30, service_at=NOW + timedelta(minutes=45))
    assert expected(10, [waits, stop("b", FAR_EAST, 75)]) == {"a": 40, "b": 75}
    assert expected(20, [waits, stop("b", FAR_EAST, 75)]) == {"a": 50, "b": 80}


def test_a_stop_left_early_brings_the_next_one_forward() -> None:
    left = stop("a", EAST, -20, reached_at=ago(minutes=25), left_at=ago(minutes=20))
    assert expected(-50, [left, stop("b", FAR_EAST, 10)]) == {"b": 0}


def test_who_should_be_there_already_is_expected_now() -> None:
    assert expected(-60, [stop("a", EAST, 10)]) == {"a": 0}


def test_a_stop_where_they_are_loading_is_not_expected_any_more() -> None:
    here = stop("a", EAST, 0, reached_at=ago(minutes=4))
    assert expected(-30, [here, stop("b", FAR_EAST, 30)]) == {"b": 26}


def test_a_position_half_way_says_half_the_leg_is_left() -> None:
    half = fix(NOW, (120_750_000, 30_750_000))
    assert expected(-40, [stop("a", EAST, 30)], half) == {"a": 15}
    # Without it the vehicle would be due.
    assert expected(-40, [stop("a", EAST, 30)]) == {"a": 0}


def test_an_old_position_says_nothing() -> None:
    assert expected(-40, [stop("a", EAST, 30)], fix(ago(minutes=20), HOME)) == {"a": 10}
    assert expected(-40, [stop("a", EAST, 30)], fix(ago(minutes=21), HOME)) == {"a": 0}


def test_a_position_from_before_the_departure_says_nothing() -> None:
    assert expected(-20, [stop("a", EAST, 30)], fix(ago(minutes=21))) == {"a": 10}


def test_a_firm_is_told_half_an_hour_in_steps_of_five_minutes() -> None:
    [told] = arrivals.expect(Leg(HOME, NOW, NOW), [stop("a", EAST, 33)], fix=None, now=NOW, half_window_s=900)
    assert (told.from_at, told.until_at) == (NOW + timedelta(minutes=20), NOW + timedelta(minutes=50))
    [soon] = arrivals.expect(Leg(HOME, NOW, NOW), [stop("a", EAST, 2)], fix=None, now=NOW, half_window_s=900)
    assert soon.from_at >= NOW


def test_small_changes_are_not_told() -> None:
    assert arrivals.worth_telling(None, NOW, change_s=600)
    assert not arrivals.worth_telling(NOW, NOW + timedelta(seconds=599), change_s=600)
    assert arrivals.worth_telling(NOW, NOW - timedelta(seconds=600), change_s=600)


# -- relays -----------------------------------------------------------------------------------------

MATRIX = Matrix(
    {("OIL", "OIL"): Relation.C, ("OIL", "B"): Relation.S, ("OIL", "A"): Relation.F,
     ("A", "A"): Relation.C, ("A", "B"): Relation.F, ("B", "B"): Relation.C}
)  # fmt: skip


def cargo(group: str | None = "OIL", mass_g: int = 100_000, category: str = "HW08") -> Cargo:
    return Cargo("c", "label", category, mass_g, Load(group, "firm", "900-249-08"))


def taker(**changes: Any) -> Taker:
    values = {
        "plate": "浙F示例2",
        "categories": frozenset({"HW08"}),
        "aboard": (Load("OIL", "other", "900-249-08"),),
        "aboard_g": 400_000,
        "capacity_g": 500_000,
        "partitioned": False,
    }
    return Taker(**(values | changes))


def refused(run: Any) -> str:
    with pytest.raises(Conflict) as caught:
        run()
    return caught.value.code


def test_the_other_vehicle_takes_what_it_may_carry() -> None:
    relays.require_may_take([cargo()], taker(), MATRIX)


@pytest.mark.parametrize(
    ("what", "who", "code"),
    [
        ({"mass_g": 100_001}, {}, "relay.overloaded"),
        ({"category": "HW12"}, {}, "relay.vehicle_not_licensed"),
        ({"group": "A"}, {}, "relay.incompatible"),
        ({"group": "B"}, {}, "relay.incompatible"),
        ({"group": None}, {}, "relay.unclassified_alone"),
    ],
)
def test_and_nothing_else(what: dict[str, Any], who: dict[str, Any], code: str) -> None:
    assert refused(lambda: relays.require_may_take([cargo(**what)], taker(**who), MATRIX)) == code


def test_a_partition_lets_separable_wastes_ride_together() -> None:
    relays.require_may_take([cargo("B")], taker(partitioned=True), MATRIX)


def test_what_is_taken_over_must_be_compatible_in_itself() -> None:
    pair = [cargo("OIL", 1), cargo("A", 1)]
    assert refused(lambda: relays.require_may_take(pair, taker(aboard=()), MATRIX)) == "relay.incompatible"


def test_a_manifest_is_not_torn_apart() -> None:
    papers = {"M1": frozenset({1, 2}), "M2": frozenset({3})}
    relays.require_whole(frozenset({1, 2}), papers)
    relays.require_whole(frozenset({1, 2, 3}), papers)
    assert refused(lambda: relays.require_whole(frozenset({1}), papers)) == "relay.manifest_split"
    assert refused(lambda: relays.require_whole(frozenset({4}), papers)) == "relay.not_on_board"
    assert refused(lambda: relays.require_whole(frozenset(), papers)) == "relay.nothing"


def test_both_sides_must_speak_of_the_same() -> None:
    assert relays.agreed(frozenset({1}), frozenset({1}))
    assert not relays.agreed(frozenset({1, 2}), frozenset({1}))
    assert not relays.agreed(None, frozenset({1}))
    assert not relays.agreed(None, None)
