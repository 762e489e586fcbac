"""Where the loop says no: a full platform, a vehicle without licence, waste nobody has classified."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, update

from tests.flows import story
from tests.flows.story import BOARDS, OIL, RAGS, TUESDAY, Person, Town
from wastehub.models.organisations import Organisation
from wastehub.models.vehicles import Vehicle, VehicleCategory


def capacity_is(gate: Person, capacity_g: int) -> None:
    """The authority changes what the platform may store."""
    with gate.town.database.transaction() as session:
        own = update(Organisation).where(Organisation.id == gate.unit_id)
        session.execute(own.values(storage_capacity_g=capacity_g))


def licence_is_withdrawn(gate: Person, category: str, vehicle: str | None = None) -> None:
    """The vehicles of a platform, or one of them, may no longer carry a category."""
    with gate.town.database.transaction() as session:
        own = select(Vehicle.id).where(Vehicle.platform_id == gate.unit_id)
        if vehicle is not None:
            own = own.where(Vehicle.plate == vehicle)
        gone = delete(VehicleCategory).where(VehicleCategory.category_code == category)
        session.execute(gone.where(VehicleCategory.vehicle_id.in_(own.scalar_subquery())))


def test_what_a_full_platform_cannot_take_is_not_planned_and_says_why(town: Town) -> None:
    small, large = story.a_pickup(town, (OIL, (50_000,))), story.a_pickup(town, (OIL, (190_000, 190_000)))
    gate = story.dispatcher_of(town)
    capacity_is(gate, 200_000)
    plan = story.plans(gate)
    assert [row["requests"] for row in plan["rounds"]] == [[small.request["request_no"]]]
    [left] = plan["unassigned"]
    assert left["request_no"] == large.request["request_no"] and left["reason"] == "storage_full"
    assert left["explanation"] in story.opens(gate, f"/dispatcher/plans/{plan['id']}")
    story.the_books_agree(town)


def test_a_platform_that_fills_up_takes_in_nothing_more_and_nothing_by_half(town: Town) -> None:
    garage = story.a_pickup(town, (OIL, (150_000, 100_000)))
    gate = story.dispatcher_of(town)
    [round_] = story.tomorrow_is_planned(town, gate)
    story.drives(town, round_, garage)
    capacity_is(gate, 200_000)
    [trip] = round_["trips"]
    first, second = story.on_board(gate, trip).values()
    everything = [
        {"container_id": row["container_id"], "weighed_g": row["expected_g"]} for row in (first, second)
    ]
    reception = f"/trips/{trip['id']}/reception"
    assert story.is_refused(gate, reception, {"decisions": everything}) == "storage.platform_full"
    # The first drum alone would have fitted; the refusal undid it together with the second.
    assert story.states_of(garage) == ["loaded", "loaded"]
    one = [everything[0], story.a_refusal(second, "no_room")]
    story.sends(gate, reception, {"decisions": one})
    assert story.states_of(garage) == ["stored", "refused_on_arrival"]
    story.the_books_agree(town)


def test_without_a_licensed_vehicle_the_waste_stays_and_the_plan_says_so(town: Town) -> None:
    oil, rags = story.a_pickup(town), story.a_pickup(town, (RAGS, (60_000,)))
    gate = story.dispatcher_of(town)
    licence_is_withdrawn(gate, "HW49")
    plan = story.plans(gate)
    [left] = plan["unassigned"]
    assert left["request_no"] == rags.request["request_no"] and left["reason"] == "no_licensed_vehicle"
    assert RAGS in left["explanation"]
    assert [row["requests"] for row in plan["rounds"]] == [[oil.request["request_no"]]]
    story.the_books_agree(town)


def test_a_licence_that_ends_over_night_stops_the_scan_at_the_gate(town: Town) -> None:
    rags = story.a_pickup(town, (RAGS, (60_000,)))
    gate = story.dispatcher_of(town)
    [round_] = story.tomorrow_is_planned(town, gate)
    licence_is_withdrawn(gate, "HW49", round_["plate"])
    driver = story.driver_of(town, round_)
    story.leaves_the_platform(driver, round_)
    verdict = story.loads(driver, round_, rags.labels[0], 60_000)
    assert verdict["code"] == "scan.vehicle_not_licensed" and "HW49" in verdict["message"]
    # Nothing was loaded: the request returns to the pool by itself.
    assert story.leaves_the_gate(driver, story.stop_at(round_, rags))["state"] == "missed"
    assert story.request_of(rags)["state"] == "open"
    story.comes_home(driver, round_)
    story.the_books_agree(town)


def test_a_lot_leaves_only_on_a_vehicle_that_may_carry_it(town: Town) -> None:
    garage, gate = story.in_store(town)
    plant = story.operator_of(town)
    draft = {"plant_id": str(plant.unit_id), "waste_code": OIL, "container_ids": garage.ids}
    lot = story.sends(gate, "/lots", draft)
    ship = f"/lots/{lot['id']}/ship"
    vehicle = story.outbound_vehicle(gate)
    licence_is_withdrawn(gate, "HW08")
    assert story.is_refused(gate, ship, vehicle).startswith("vehicle.")
    assert story.states_of(garage) == ["in_lot", "in_lot"]
    story.the_books_agree(town)


def test_waste_without_a_group_travels_alone_until_the_administrator_assigns_one(town: Town) -> None:
    boards = story.a_pickup(town, (BOARDS, (60_000,)))
    oil = story.a_pickup(town)
    gate = story.dispatcher_of(town)
    plan = story.plans(gate)
    assert plan["unassigned"] == []
    rounds = [story.reads(gate, f"/rounds/{row['id']}") for row in plan["rounds"]]
    assert sorted(map(len, story.trips_with_waste(rounds))) == [1, 1]
    story.sends(gate, f"/route-plans/{plan['id']}/discard", {"version": plan["version"]})

    administrator = story.administrator_of(town)
    assert "单独运输" in story.opens(administrator, f"/admin/waste-codes/{BOARDS}")
    form = {"group_code": "SC", "reason": "固体，与沾染物同类"}
    story.fills_in(administrator, f"/admin/waste-codes/{BOARDS}/group", **form)
    plan = story.plans(gate)
    rounds = story.publishes(gate, plan)
    assert story.trips_with_waste(rounds) == [{boards.request["id"], oil.request["id"]}]
    changed = story.reads(administrator, "/ledger/entries", text="policy.changed")["entries"]
    assert [entry["subject"] for entry in changed] == [BOARDS]
    story.the_books_agree(town)


def test_unclassified_waste_goes_into_quarantine_at_the_platform(town: Town) -> None:
    boards = story.a_pickup(town, (BOARDS, (60_000,)))
    gate = story.dispatcher_of(town)
    [round_] = story.tomorrow_is_planned(town, gate)
    story.drives(town, round_, boards)
    story.weighs_in(gate, round_)
    zones = {zone["code"]: zone["id"] for zone in story.reads(gate, "/zones")["zones"]}
    wrong = {"moves": [{"container_id": boards.ids[0], "zone_id": zones["Z09"]}]}
    assert story.is_refused(gate, "/zones/moves", wrong) == "zone.group_not_allowed"
    [placed] = story.puts_away(gate, boards.ids)
    assert UUID(placed["zone_id"]) == UUID(zones["Z11"])
    story.the_books_agree(town)


def test_a_round_starts_only_on_its_day_and_only_with_its_crew(town: Town) -> None:
    story.a_pickup(town)
    gate = story.dispatcher_of(town)
    [round_] = story.publishes(gate, story.plans(gate))
    driver = story.driver_of(town, round_)
    start = f"/rounds/{round_['id']}/start"
    assert story.is_refused(driver, start) == "round.other_day"
    story.it_is(town, TUESDAY, 8)
    colleague = story.signs_in(town, "driver", gate.unit_id)
    assert story.is_refused(colleague, start, status=404) == "object.not_found"
    assert "还没有关联班组人员" in story.opens(colleague, "/driver/")
    story.leaves_the_platform(driver, round_)
    assert story.is_refused(driver, start).startswith("round.")
    story.the_books_agree(town)
