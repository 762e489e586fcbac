"""Walk D. The lot leaves, the plant treats it; firm and regulator see where every kilogram ended."""

from __future__ import annotations

from tests.flows import story
from tests.flows.story import COUNTY, TUESDAY, Town


def test_from_the_store_to_the_last_kilogram(town: Town) -> None:
    garage, gate = story.in_store(town, 150_000, 100_000)
    [batch_id] = garage.batch_ids
    plant = story.operator_of(town, "JX-D90")

    # The platform puts a lot together for the plant that is licensed for oil, and ships it.
    offers = {row["plant"]: row for row in story.reads(gate, "/lots/offers", waste_code=story.OIL)}
    offer = next(row for row in offers.values() if row["plant_id"] == str(plant.unit_id))
    form = {"waste_code": story.OIL, "plant_method": f"{offer['plant_id']}/R9", "container_ids": garage.ids}
    lot_page = story.fills_in(gate, "/facility/lots/new", **form)
    lot_id = story.id_in(lot_page)
    assert garage.name in story.opens(gate, lot_page)
    story.it_is(town, TUESDAY, 14)
    story.fills_in(gate, f"{lot_page}/ship", **story.outbound_vehicle(gate))
    second_leg = story.papers_of(plant)[0]
    assert second_leg["leg"] == 2 and second_leg["state"] == "in_transit"
    assert story.where_it_is(garage.clerk, batch_id) == {"TRANS": 250_000}

    # The plant weighs it in; one drum is 200 g lighter, which is within the tolerance.
    story.it_is(town, TUESDAY, 15)
    assert story.opens(plant, f"/facility/plant/lots/{lot_id}/receive")
    items = story.reads(plant, f"/lots/{lot_id}")["items"]
    masses = dict(zip((row["container_id"] for row in items), (150_000, 99_800), strict=True))
    said = [{"container_id": key, "weighed_g": mass} for key, mass in masses.items()]
    story.sends(plant, f"/lots/{lot_id}/reception", {"decisions": said})
    assert story.papers_of(plant)[0]["state"] == "accepted"

    # It refines the first drum today, the second tomorrow.
    waiting = story.reads(plant, "/treatments/waiting", waste_code=story.OIL)
    assert {row["mass_g"] for row in waiting} == {150_000, 99_800}
    first = next(row["id"] for row in waiting if row["mass_g"] == 150_000)
    story.fills_in(
        plant, "/facility/treatments/new", waste_code=story.OIL, method_code="R9", container_ids=first
    )
    assert story.where_it_is(garage.clerk, batch_id) == {"STOCK": 99_800, "TOL": 200, "DONE": 150_000}
    story.it_is(town, story.WEDNESDAY, 9)
    rest = [row["id"] for row in waiting if row["id"] != first]
    story.sends(plant, "/treatments", {"method_code": "R9", "container_ids": rest})
    twice = {"method_code": "R9", "container_ids": rest}
    assert story.is_refused(plant, "/treatments", twice, status=409) == "treatment.already_treated"

    # The firm sees where its kilograms ended.
    assert story.where_it_is(garage.clerk, batch_id) == {"DONE": 249_800, "TOL": 200}
    page = story.opens(garage.clerk, f"/enterprise/batches/{batch_id}")
    assert "249.8 kg" in page and "R9" in page
    [fate] = story.reads(garage.clerk, "/batches", where="treated")["items"]
    assert fate["treated_g"] == 249_800 and fate["declared_g"] == 250_000

    # The regulator of the county follows the batch from drum to end and lets the log prove itself.
    regulator = story.regulator_of(town, COUNTY)
    trace = story.reads(regulator, f"/batches/{batch_id}/trace")
    assert trace["fate"]["treated_g"] == 249_800 and trace["fate"]["unexplained_g"] == 0
    assert len(trace["manifests"]) == 2
    kinds = [entry["type"] for entry in trace["entries"]]
    milestones = [
        "batch.registered",
        "request.placed",
        "container.loaded",
        "container.received",
        "lot.shipped",
    ]
    assert [kind for kind in dict.fromkeys(kinds) if kind in milestones] == milestones
    assert garage.name in story.opens(regulator, f"/regulator/batches/{batch_id}")
    [county] = [row for row in story.reads(regulator, "/counties")["counties"] if row["fate"]["generated_g"]]
    assert county["code"] == COUNTY and county["fate"]["treated_g"] == 249_800
    verdict = story.sends(regulator, "/ledger/verify")
    assert verdict["ok"] and verdict["problems"] == [] and verdict["entries"] > 15
    elsewhere = story.regulator_of(town, "330481")
    assert elsewhere.client.get(f"/api/v1/batches/{batch_id}/trace").status_code == 404
    story.the_books_agree(town)


def test_two_firms_share_a_lot_and_each_sees_only_its_own(town: Town) -> None:
    one, other = story.a_pickup(town, (story.OIL, (150_000,))), story.a_pickup(town, (story.OIL, (70_000,)))
    gate, plant = story.dispatcher_of(town), story.operator_of(town)
    [round_] = story.tomorrow_is_planned(town, gate)
    story.drives(town, round_, one, other)
    story.weighs_in(gate, round_)
    drums = [*one.ids, *other.ids]
    lot = story.sends(
        gate, "/lots", {"plant_id": str(plant.unit_id), "waste_code": story.OIL, "container_ids": drums}
    )
    story.sends(gate, f"/lots/{lot['id']}/ship", story.outbound_vehicle(gate))
    story.sends(plant, f"/lots/{lot['id']}/reception", {"total_g": 220_000})
    story.sends(plant, "/treatments", {"method_code": "R9", "container_ids": drums})
    for pickup, own_g, own, not_own in (
        (one, 150_000, "150.0 kg", "70.0 kg"),
        (other, 70_000, "70.0 kg", "150.0 kg"),
    ):
        assert story.where_it_is(pickup.clerk, pickup.batch_ids[0]) == {"DONE": own_g}
        page = story.opens(pickup.clerk, f"/enterprise/batches/{pickup.batch_ids[0]}")
        assert own in page and not_own not in page and "220.0 kg" not in page
        assert "2 个容器" not in page
    story.the_books_agree(town)


def test_what_the_plant_refuses_stands_in_the_platforms_store_again(town: Town) -> None:
    garage, gate = story.in_store(town, 150_000, 100_000)
    plant = story.operator_of(town)
    draft = {"plant_id": str(plant.unit_id), "waste_code": story.OIL, "container_ids": garage.ids}
    lot = story.sends(gate, "/lots", draft)
    story.sends(gate, f"/lots/{lot['id']}/ship", story.outbound_vehicle(gate))
    first, second = story.reads(plant, f"/lots/{lot['id']}")["items"]
    decisions = [
        {"container_id": first["container_id"], "weighed_g": first["mass_g"]},
        story.a_refusal(second, "property_differs", "闪点低于合同要求"),
    ]
    story.sends(plant, f"/lots/{lot['id']}/reception", {"decisions": decisions})
    assert sorted(story.states_of(garage)) == ["at_plant", "stored"]
    assert story.reads(gate, "/zones")["stock_g"] == second["mass_g"]
    story.puts_away(gate, [second["container_id"]])
    # It can go out again.
    again = draft | {"container_ids": [second["container_id"]]}
    assert story.sends(gate, "/lots", again)["state"] == "open"
    story.the_books_agree(town)


def test_a_lot_goes_only_to_a_plant_that_is_licensed_for_it(town: Town) -> None:
    garage, gate = story.in_store(town)
    solvents = story.operator_of(town, "JX-D91")
    draft = {"plant_id": str(solvents.unit_id), "waste_code": story.OIL, "container_ids": garage.ids}
    assert story.is_refused(gate, "/lots", draft).startswith("permit.")
    lot = story.sends(gate, "/lots", draft | {"plant_id": str(story.operator_of(town).unit_id)})
    assert solvents.client.get(f"/api/v1/lots/{lot['id']}").status_code == 404
    assert story.sends(gate, f"/lots/{lot['id']}/cancel", {"version": lot["version"]})["state"] == "cancelled"
    assert story.states_of(garage) == ["stored", "stored"]
    story.the_books_agree(town)
