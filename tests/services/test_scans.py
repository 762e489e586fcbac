"""Scans: every verdict with its near miss, double sends, late reports, and books that agree."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select, update

from tests import firms
from tests.services import planning_world as world
from tests.services.driving_world import Road, at, departed, road, started
from tests.services.test_rounds import check_books
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, NotFound
from wastehub.models.batches import Container
from wastehub.models.route_plans import Stop
from wastehub.models.scans import Scan
from wastehub.models.vehicles import Vehicle, VehicleCategory

TWO_DRUMS = (world.OIL, (150_000, 100_000))


def answer(on: Road, *reports: Any, **options: Any) -> Any:
    [verdict] = on.scan(*reports, **options)
    return verdict


def stored(database: Database) -> list[Scan]:
    with database.reading() as session:
        return list(session.scalars(select(Scan).order_by(Scan.received_at, Scan.device_seq)))


def labelled_elsewhere(database: Database, serial: int = 9) -> str:
    with database.transaction() as session:
        firm = firms.ready_firm(session, serial)
        return firms.labelled(session, firm, 150_000)[0].label_code


def test_a_load_takes_the_container_on_board_with_the_measured_mass(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    assert answer(on, on.report(label, measured_g=151_500)).outcome == "accepted"
    row = on.container(label)
    assert (row.state, row.mass_g, row.measured_g, row.mass_before_load_g) == (
        "loaded",
        151_500,
        151_500,
        150_000,
    )
    assert row.holder_id is None
    [scan] = stored(database)
    assert (scan.outcome, scan.scanned_at, scan.received_at) == ("accepted", at(8.9), at(9))
    check_books(database)


def test_the_address_on_the_label_is_as_good_as_the_code(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    verdict = answer(on, on.report(f"https://wastehub.example/c/{label.lower()}"))
    assert verdict.outcome == "accepted" and stored(database)[0].label_code == label


def test_sending_twice_is_answered_alike_and_done_once(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    report = on.report(label, measured_g=180_000)
    first, again = answer(on, report), answer(on, report, hour=10)
    assert first == again and first.warnings[0].params["measured_g"] == 180_000
    assert len(stored(database)) == 1
    assert answer(on, replace(report, measured_g=170_000)).code == "scan.id_reused"
    assert on.container(label).mass_g == 180_000
    check_books(database)


def test_a_refusal_is_repeated_with_its_numbers(database: Database) -> None:
    on = started(database, 1)
    report = on.report(on.labels()[0], measured_g=15_000)
    first = answer(on, report)
    assert first.code == "scan.mass_absurd" and first.params == {"measured_g": 15_000, "declared_g": 150_000}
    assert answer(on, report) == first


def test_twice_in_one_sending_is_still_once(database: Database) -> None:
    on = started(database, 1)
    report = on.report(on.labels()[0])
    first, second = on.scan(report, report)
    assert first == second and len(stored(database)) == 1


def test_a_sequence_number_belongs_to_one_report(database: Database) -> None:
    on = started(database)
    one, two = on.labels()
    report = on.report(one)
    assert answer(on, report).outcome == "accepted"
    assert answer(on, replace(on.report(two), device_seq=report.device_seq)).code == "scan.sequence_reused"
    other_phone = replace(on.report(two), device_seq=report.device_seq, device_id="phone-2")
    assert answer(on, other_phone).outcome == "accepted"


def test_a_second_scan_of_a_loaded_container_is_a_duplicate(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    assert [v.outcome for v in on.scan(on.report(label), on.report(label, measured_g=140_000))] == [
        "accepted",
        "duplicate",
    ]
    assert on.container(label).mass_g == 150_000
    check_books(database)


def test_an_unknown_code_is_refused_kept_and_logged(database: Database) -> None:
    on = started(database, 1)
    assert answer(on, on.report("WIFI:S:netz;\x00\x1b\u202e\ud800;;")).code == "scan.label_unknown"
    [scan] = stored(database)
    assert scan.label_code == "WIFI:S:netz;;;" and scan.container_id is None
    with database.reading() as session:
        entry = ledger.entries_for(session, subject=on.row(session).round_no)[-1]
        assert entry.event.type == "container.load_refused"
        assert entry.event.facts["verdict"] == "label_unknown"
    check_books(database)


def test_a_container_of_a_firm_that_is_not_visited_is_refused(database: Database) -> None:
    on = started(database, 1)
    assert answer(on, on.report(labelled_elsewhere(database))).code == "scan.not_on_this_round"


def test_the_neighbours_container_at_the_wrong_gate_is_refused(database: Database) -> None:
    on = started(database)
    here, there = on.stops()
    [foreign] = on.labels(there)
    assert answer(on, on.report(foreign, stop_id=here.id)).code == "scan.other_enterprise"
    assert answer(on, on.report(foreign, stop_id=there.id)).outcome == "accepted"


def test_a_container_that_the_firm_did_not_ask_for_stays(database: Database) -> None:
    on = started(database, 1)
    with database.transaction() as session:
        firm = session.get_one(world.Organisation, on.request(on.stops()[0]).enterprise_id)
        extra = firms.labelled(session, firm, 150_000)[0].label_code
    assert answer(on, on.report(extra)).code == "scan.not_on_this_round"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("void", "scan.label_void"),
        ("registered", "scan.label_not_printed"),
        ("stored", "scan.already_collected"),
    ],
)
def test_the_label_must_be_printed_valid_and_not_collected(database: Database, state: str, code: str) -> None:
    on = started(database, 1)
    with database.transaction() as session:
        session.execute(update(Container).values(state=state))
    assert answer(on, on.report(on.labels()[0])).code == code


def test_nothing_is_loaded_before_the_round_has_left(database: Database) -> None:
    on = road(database, 1)
    report = on.report(on.labels()[0])
    assert answer(on, report).code == "scan.round_not_open"
    on.start()
    assert answer(on, on.report(on.labels()[0])).outcome == "accepted"


def test_a_scan_of_the_day_before_does_not_count(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    assert answer(on, on.report(label, scanned_at=at(-0.1))).code == "scan.round_not_open"


def test_a_phone_whose_clock_runs_ahead_is_told_so(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    assert answer(on, on.report(label, scanned_at=at(9.2))).code == "scan.clock_ahead"
    assert answer(on, on.report(label, scanned_at=at(9.1))).outcome == "accepted"
    check_books(database)


def test_the_vehicle_needs_the_licence(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    with database.transaction() as session:
        session.execute(delete(VehicleCategory).where(VehicleCategory.category_code == "HW08"))
    assert answer(on, on.report(label)).code == "scan.vehicle_not_licensed"


def test_the_vehicle_is_not_loaded_above_its_rating(database: Database) -> None:
    on = started(database, 1, TWO_DRUMS)
    with database.transaction() as session:
        session.execute(update(Vehicle).values(capacity_g=250_000))
    heavy = next(label for label in on.labels() if on.container(label).mass_g == 150_000)
    light = next(label for label in on.labels() if label != heavy)
    first, second = on.scan(on.report(heavy), on.report(light, measured_g=100_001))
    assert first.outcome == "accepted" and second.code == "scan.vehicle_full"
    assert second.params["left_g"] == 100_000
    assert answer(on, on.report(light, measured_g=100_000)).outcome == "accepted"


def test_incompatible_wastes_never_ride_together(database: Database) -> None:
    with database.transaction() as session:
        world.firm_with_requests(session, 1, (world.ACID, (100_000,)))
        world.firm_with_requests(session, 2, (world.LYE, (100_000,)))
    on = departed(database)
    with database.transaction() as session:
        # A planner would never put them on one trip; the gate must hold all the same.
        trip_id = on.row(session).trips[0].id
        for seq, stop in enumerate(session.scalars(select(Stop)), 1):
            stop.trip_id, stop.seq = trip_id, 10 + seq
        session.execute(update(Container).values(trip_id=trip_id))
    one, two = on.labels()
    first, second = on.scan(on.report(one, measured_g=100_000), on.report(two, measured_g=100_000))
    assert first.outcome == "accepted" and second.code == "scan.incompatible_on_board"
    assert on.scan(on.report(one, "unload_back"), on.report(two, measured_g=100_000))[1].outcome == "accepted"


def test_a_load_needs_a_mass(database: Database) -> None:
    on = started(database, 1)
    assert answer(on, on.report(on.labels()[0], measured_g=None)).code == "scan.mass_missing"


def test_a_difference_beyond_the_tolerance_warns_and_is_on_record(database: Database) -> None:
    on = started(database, 1)
    verdict = answer(on, on.report(on.labels()[0], measured_g=180_000))
    assert verdict.outcome == "accepted"
    assert [warning.code for warning in verdict.warnings] == ["scan.mass_outside_tolerance"]


def test_a_refusal_needs_a_reason_and_sometimes_a_note(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()

    def refuse(**values: Any) -> Any:
        return answer(on, on.report(label, "refuse", **values))

    assert refuse().code == "scan.refuse_reason_missing"
    assert refuse(reason="ugly").code == "scan.refuse_reason_unknown"
    assert refuse(reason="mixed").code == "scan.note_missing"
    assert refuse(reason="mixed", note="有电池").code == "scan.photo_missing"
    # What counts is that there is a photo: it may still be on its way.
    late = refuse(reason="mixed", note="有电池", photo_sha256="5" * 64)
    assert (late.outcome, [each.code for each in late.warnings]) == ("accepted", ["scan.photo_unknown"])
    assert on.container(label).state == "labelled"
    assert on.close(on.stops()[0].id).state == "missed"
    check_books(database)


def test_a_note_with_invisible_characters_spoils_only_its_own_scan(database: Database) -> None:
    on = started(database)
    one, two = on.labels()
    bad, good = on.scan(on.report(one, "refuse", reason="leaking", note="a\u202eb"), on.report(two))
    assert (bad.code, good.outcome) == ("scan.note_unreadable", "accepted")


def test_undoing_a_load_restores_the_mass_before_it(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    on.scan(on.report(label, measured_g=150_400), on.report(label, "unload_back"))
    row = on.container(label)
    assert (row.state, row.mass_g, row.measured_g, row.trip_id) == ("labelled", 150_000, None, None)
    check_books(database)
    assert answer(on, on.report(label, measured_g=150_300)).outcome == "accepted"
    check_books(database)


def test_only_what_is_on_board_is_taken_off(database: Database) -> None:
    on = started(database, 1)
    assert answer(on, on.report(on.labels()[0], "unload_back")).code == "scan.not_on_board"


def test_after_leaving_the_gate_nothing_more_is_loaded(database: Database) -> None:
    on = started(database, 1, TWO_DRUMS)
    one, two = on.labels()
    on.scan(on.report(one, measured_g=on.container(one).mass_g))
    on.close(on.stops()[0].id, hour=9.5)
    late = on.report(two, scanned_at=at(9.6), measured_g=on.container(two).mass_g)
    assert answer(on, late, hour=10).code == "scan.round_not_open"


def test_what_the_second_phone_loaded_before_leaving_is_added_to_the_manifest(database: Database) -> None:
    on = started(database, 1, TWO_DRUMS)
    one, two = on.labels()
    [stop] = on.stops()
    on.scan(on.report(one, measured_g=on.container(one).mass_g))
    on.close(stop.id, hour=9.5)
    assert on.request(stop).state == "partly_collected"
    late = on.report(
        two, scanned_at=at(9.4), device_id="phone-2", stop_id=stop.id, measured_g=on.container(two).mass_g
    )
    assert answer(on, late, hour=10).outcome == "accepted"
    line = on.paper(stop).lines[0]
    assert (line.containers, line.loaded_g) == (2, 250_000)
    assert line.packaging.endswith("×2")
    assert on.stops()[0].state == "done" and on.request(stop).state == "collected"
    assert on.container(two).request_id == stop.request_id
    check_books(database)


def test_after_the_trip_is_back_a_late_scan_no_longer_counts(database: Database) -> None:
    on = started(database, 1, TWO_DRUMS)
    one, two = on.labels()
    on.scan(on.report(one, measured_g=on.container(one).mass_g))
    on.close(on.stops()[0].id, hour=9.5)
    on.arrive()
    late = on.report(two, scanned_at=at(9.4), measured_g=on.container(two).mass_g)
    assert answer(on, late, hour=13).code == "scan.round_not_open"


def test_a_photo_that_has_not_arrived_warns_and_stops_nothing(database: Database) -> None:
    on = started(database, 1)
    verdict = answer(on, on.report(on.labels()[0], photo_sha256="ab" * 32))
    assert verdict.outcome == "accepted"
    assert [warning.code for warning in verdict.warnings] == ["scan.photo_unknown"]
    assert stored(database)[0].photo_sha256 is None


def test_an_id_that_is_another_facts_is_refused_and_nothing_is_done(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    with database.reading() as session:
        [taken] = ledger.entries_for(session, subject=on.row(session).round_no)
    with pytest.raises(Conflict, match=r"scan\.id_reused"):
        on.scan(on.report(label, scan_id=taken.event.id))
    assert on.container(label).state == "labelled"


def test_a_round_of_others_does_not_exist(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    with pytest.raises(NotFound):
        on.scan(on.report(label, round_id=UUID(int=3)))
    stranger = Actor("user:x", "driver", organisation_id=uuid4())
    with pytest.raises(NotFound):
        on.scan(on.report(label, actor=stranger))
    with pytest.raises(Forbidden):
        on.scan(on.report(label, actor=Actor("user:x", "plant", organisation_id=uuid4())))


def test_a_whole_days_reports_go_through_in_one_call(database: Database) -> None:
    on = started(database, 6)
    reports = [
        on.report(label, scanned_at=at(8.5) + timedelta(seconds=n)) for n, label in enumerate(on.labels())
    ]
    assert {verdict.outcome for verdict in on.scan(*reports)} == {"accepted"}
    with database.reading() as session:
        assert session.scalar(select(func.count(Scan.id))) == len(reports)
    check_books(database)


def test_two_phones_at_one_container_load_it_once(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    verdicts: dict[str, str] = {}

    def phone(name: str) -> None:
        verdicts[name] = answer(on, on.report(label, device_id=name)).outcome

    both = [threading.Thread(target=phone, args=(name,)) for name in ("phone-1", "phone-2")]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(verdicts.values()) == ["accepted", "duplicate"]
    check_books(database)
