"""Walk C. The driver fetches the waste scan by scan; the platform weighs it in and puts it away."""

from __future__ import annotations

from tests.flows import story
from tests.flows.story import OIL, RAGS, TUESDAY, Town


def test_a_day_on_the_road_and_at_the_gate(town: Town) -> None:
    garage = story.a_pickup(town, (OIL, (150_000, 100_000)))
    printer = story.a_pickup(town, (RAGS, (60_000, 40_000, 20_000)))
    foreign = story.a_pickup(town, ready_on="2026-03-20")  # not of this day
    gate = story.dispatcher_of(town)
    [round_] = story.tomorrow_is_planned(town, gate)
    driver = story.driver_of(town, round_)
    assert round_["round_no"] in story.opens(driver, "/driver/")
    story.leaves_the_platform(driver, round_)

    # At the garage. The camera reads the address around the code; the phone shows the stop.
    assert garage.name in story.opens(driver, f"/driver/stops/{story.stop_at(round_, garage)['id']}")
    first, second = garage.labels
    scan = story.a_scan(driver, round_, f"http://127.0.0.1:8000/c/{first}", measured_g=150_400)
    [verdict] = story.scans(driver, scan)
    assert verdict["outcome"] == "accepted"
    # A label of a firm that is not on this round: refused, in words, and nothing moves.
    verdict = story.loads(driver, round_, foreign.labels[0], 150_000)
    assert verdict["outcome"] == "refused" and verdict["code"] == "scan.not_on_this_round"
    assert len(verdict["message"]) > 10
    assert story.states_of(foreign) == ["labelled"]
    # The phone was not sure that the first scan arrived and sends it again, with a second look at the drum.
    once_more = story.a_scan(driver, round_, first, measured_g=150_400)
    again = story.scans(driver, scan, once_more)
    assert [each["outcome"] for each in again] == ["accepted", "duplicate"]
    assert story.loads(driver, round_, second, 100_000)["outcome"] == "accepted"
    assert story.leaves_the_gate(driver, story.stop_at(round_, garage))["state"] == "done"

    # At the printer's one bag stays behind.
    big, small, wet = printer.labels
    story.loads(driver, round_, big, 60_000)
    story.loads(driver, round_, small, 40_000)
    assert story.refuses(driver, round_, wet, "label_differs", "袋中是液体")["outcome"] == "accepted"
    assert story.leaves_the_gate(driver, story.stop_at(round_, printer))["state"] == "partly_done"
    assert story.request_of(printer)["state"] == "partly_collected"
    assert story.states_of(printer) == ["loaded", "loaded", "labelled"]
    story.it_is(town, TUESDAY, 12)
    story.comes_home(driver, round_)
    assert {paper["state"] for paper in story.papers_of(driver)} == {"arrived"}

    # At the gate: one drum is 1.5 kg short, one bag goes back.
    [trip] = round_["trips"]
    board = story.on_board(gate, trip)
    weighed = {first: 150_400, second: 98_500, big: 60_100}
    decisions = [
        {"container_id": board[one]["container_id"], "weighed_g": mass} for one, mass in weighed.items()
    ]
    decisions.append(story.a_refusal(board[small], "name_differs", "标签是沾染物，袋中是生活垃圾"))
    story.sends(gate, f"/trips/{trip['id']}/reception", {"decisions": decisions, "gross_g": 4_900_000})
    assert story.on_board(gate, trip)[second]["within"] is False
    assert story.opinions_for(gate) == {garage.name: "accepted", printer.name: "partly"}
    [waiting] = story.reads(gate, "/receptions/refused")
    story.sends(gate, "/receptions/refused/return", {"container_ids": [waiting["id"]]})
    assert story.states_of(printer) == ["stored", "labelled", "labelled"]

    # Put away: oil with oil, contaminated solids in their own zone.
    page = story.fills_in(gate, "/facility/zones", all_waiting="1")
    assert page == "/facility/zones"
    store = story.reads(gate, "/zones")
    held = {zone["code"]: zone["containers"] for zone in store["zones"] if zone["containers"]}
    assert held == {"Z01": 2, "Z09": 1} and store["waiting"] == 0
    assert store["stock_g"] == 150_400 + 98_500 + 60_100

    # The missing 1.5 kg wait for an explanation, and get one.
    [case] = story.reads(gate, "/cases")["cases"]
    assert case["mass_g"] == 1_500
    story.sends(gate, "/cases/resolve", {"case": case["key"], "reason": "scale", "note": "车载秤已校准"})
    assert story.reads(gate, "/cases")["cases"] == []
    # What came back can be asked for again, and so can what stayed.
    left = [row["id"] for row in printer.containers[1:]]
    another = story.asks_for_pickup(printer.clerk, left, ready_on=TUESDAY.isoformat())
    assert another["state"] == "open"
    story.the_books_agree(town)


def test_scans_that_come_late_doubled_and_out_of_order_are_judged_by_what_they_say(town: Town) -> None:
    garage = story.a_pickup(town, (OIL, (150_000, 100_000)))
    [round_] = story.tomorrow_is_planned(town)
    driver = story.driver_of(town, round_)
    story.leaves_the_platform(driver, round_)
    first, second = garage.labels
    offline = [
        story.a_scan(driver, round_, first, measured_g=1_500_000),  # a slipped decimal point
        story.a_scan(driver, round_, first, measured_g=150_000),
        story.a_scan(driver, round_, second),  # without a mass
        story.a_scan(driver, round_, second, measured_g=100_000),
        story.a_scan(driver, round_, "no label at all", measured_g=1_000),
        story.a_scan(driver, round_, second, kind="unload_back"),
        story.a_scan(driver, round_, second, measured_g=101_000),
    ]
    verdicts = story.scans(driver, *offline)
    assert [each["code"] or each["outcome"] for each in verdicts] == [
        "scan.mass_absurd",
        "accepted",
        "scan.mass_missing",
        "accepted",
        "scan.label_unknown",
        "accepted",
        "accepted",
    ]
    assert story.scans(driver, *offline) == verdicts
    # One id, two contents: a broken or a forging phone.
    [forged] = story.scans(driver, offline[1] | {"measured_g": 90_000})
    assert forged["code"] == "scan.id_reused"
    story.leaves_the_gate(driver, story.stop_at(round_, garage))
    assert story.where_it_is(garage.clerk, garage.batch_ids[0])["TRANS"] == 251_000
    story.the_books_agree(town)


def test_a_trip_is_received_once_and_whole(town: Town) -> None:
    garage = story.a_pickup(town, (OIL, (150_000, 100_000)))
    gate = story.dispatcher_of(town)
    [round_] = story.tomorrow_is_planned(town, gate)
    [trip] = round_["trips"]
    reception = f"/trips/{trip['id']}/reception"
    assert story.is_refused(gate, reception, {"decisions": []}) == "trip.not_arrived"
    story.drives(town, round_, garage)
    first, second = (row["container_id"] for row in story.on_board(gate, trip).values())
    part = {"decisions": [{"container_id": first, "weighed_g": 150_000}]}
    assert story.is_refused(gate, reception, part) == "reception.containers_missing"
    story.sends(gate, reception, part | {"close": False})
    assert story.is_refused(gate, reception, part) == "reception.already_decided"
    rest = {"decisions": [{"container_id": second, "weighed_g": 100_000}]}
    assert story.sends(gate, reception, rest)["state"] == "closed"
    assert story.is_refused(gate, reception, rest) == "trip.not_arrived"
    stranger = story.dispatcher_of(town, "330402")
    assert story.is_refused(stranger, reception, rest, status=404) == "object.not_found"
    story.the_books_agree(town)
