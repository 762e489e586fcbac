"""Contradictions of the field: found, shown with both versions, decided with a reason, never silently."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests.services import planning_world as world
from tests.services.driving_world import Road, at, road, started
from tests.services.phones import SEALS, Phone, load, phone_of
from tests.services.test_rounds import check_books
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain import waybills
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, StaleVersion
from wastehub.models.batches import Container
from wastehub.models.corrections import Correction
from wastehub.models.field import FieldConflict
from wastehub.models.problems import Problem
from wastehub.models.route_plans import Round, Stop, Trip
from wastehub.services import label_lives
from wastehub.services.field import boards, deciding
from wastehub.services.field.deciding import Decision

TWO_DRUMS = (world.OIL, (150_000, 100_000))


@pytest.fixture
def database_kind() -> str:
    """The rules are pure, the locks are tested with the intake."""
    return "sqlite"


def two_phones(database: Database, firms: int = 1, *loads: Any) -> tuple[Road, Phone, Phone]:
    on = started(database, firms, *loads)
    return on, phone_of(on, "driver"), phone_of(on, "escort")


def office(on: Road, role: str = "dispatcher", **changes: Any) -> Actor:
    return replace(Actor("user:office", role, None, on.driver.organisation_id), **changes)


def only(database: Database) -> FieldConflict:
    with database.reading() as session:
        return session.scalars(select(FieldConflict)).one()


def decide(on: Road, choice: str, reason: str = "电话核实", actor: Actor | None = None, **more: Any) -> Any:
    conflict = only(on.database)
    with on.database.transaction() as session:
        return deciding.decide(
            session,
            actor=actor or office(on),
            conflict_id=conflict.id,
            decision=Decision(choice, reason, **more),
            seals=SEALS,
            now=at(15),
        )


def types(database: Database, subject: str) -> list[str]:
    with database.reading() as session:
        return [entry.event.type for entry in ledger.entries_for(session, subject=subject)]


def close(stop: Stop, outcome: str = "done") -> dict[str, Any]:
    return {"stop_id": str(stop.id), "outcome": outcome} | ({"reason": "closed"} if outcome != "done" else {})


def test_two_weighings_of_one_drum_go_to_the_office(database: Database) -> None:
    on, one, other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label, measured_g=150_000))
    other.do("load", load(on, label, measured_g=153_000), photo_sha256=...)
    assert [v.outcome for v in one.send()] == ["accepted"]
    [verdict] = other.send(hour=10)
    assert (verdict.outcome, verdict.code) == ("conflict", "scan.duplicate")
    row = only(database)
    assert (row.id, row.kind, row.state) == (verdict.conflict_id, "mass_differs", "open")
    assert row.theirs["said"]["measured_g"] == 153_000
    assert row.ours["loaded"]["measured_g"] == 150_000
    assert row.ours["loaded"]["device"] == str(one.device_id)
    assert types(database, row.conflict_no) == ["conflict.opened"]
    decide(on, "carry_out")
    assert on.container(label).mass_g == 153_000
    row = only(database)
    assert (row.state, row.choice, row.reason) == ("resolved", "carry_out", "电话核实")
    assert types(database, row.conflict_no) == ["conflict.opened", "conflict.decided"]
    check_books(database)


def test_the_same_weighing_by_the_other_phone_is_no_conflict(database: Database) -> None:
    on, one, other = two_phones(database)
    [label] = on.labels()
    for phone in (one, other):
        phone.do("load", load(on, label))
        [verdict] = phone.send()
        assert verdict.outcome == "accepted"
    assert [notice.code for notice in verdict.warnings] == ["scan.duplicate"]
    with pytest.raises(Exception, match="No row"):
        only(database)


def test_a_second_weighing_by_the_same_phone_is_told_to_the_driver_only(database: Database) -> None:
    on, one, _other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label))
    one.do("load", load(on, label, measured_g=149_000))
    assert [v.outcome for v in one.send()] == ["accepted", "accepted"]
    assert on.container(label).mass_g == 150_000


def test_a_stop_closed_alike_by_both_is_fine_and_otherwise_is_not(database: Database) -> None:
    on, one, other = two_phones(database, 2)
    first, second = on.stops()
    for stop in (first, second):
        one.do("load", load(on, on.labels(stop)[0]))
        one.do("stop_close", close(stop))
    other.do("stop_close", close(first), 9.6)
    other.do("stop_close", close(second, "missed"), 9.7)
    assert {v.outcome for v in one.send()} == {"accepted"}
    same, differs = other.send()
    assert same.outcome == "accepted" and same.warnings[0].code == "event.already_so"
    assert (differs.outcome, differs.code) == ("conflict", "stop.already_closed")
    assert only(database).kind == "stop_closed"


def test_a_load_after_the_other_phone_left_can_be_accepted_late(database: Database) -> None:
    on, one, other = two_phones(database, 1, TWO_DRUMS)
    [stop] = on.stops()
    first, late = on.labels()
    one.do("load", load(on, first, measured_g=on.container(first).mass_g), 9)
    one.do("stop_close", close(stop), 10)
    other.do("load", load(on, late, stop_id=str(stop.id), measured_g=on.container(late).mass_g), 11)
    assert {v.outcome for v in one.send(hour=11)} == {"accepted"}
    [verdict] = other.send(hour=12)
    assert (verdict.outcome, verdict.code) == ("conflict", "scan.round_not_open")
    assert only(database).kind == "stop_closed"
    decide(on, "carry_out")
    assert on.container(late).state == "loaded" and on.stops()[0].state == "done"
    [line] = on.paper(stop).lines
    assert (line.containers, line.loaded_g) == (2, 250_000)
    with database.reading() as session:
        [entry] = [e for e in ledger.entries_for(session, label=late) if e.event.type == "container.loaded"]
    facts = entry.event.facts
    assert facts["conflict"] == only(database).conflict_no and facts["device"] == str(other.device_id)
    assert entry.event.author == other.actor.author and entry.event.at == at(11)


def test_what_a_rule_forbids_today_the_office_cannot_carry_out(database: Database) -> None:
    on, one, other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label))
    other.do("load", load(on, label, measured_g=151_000))
    one.send(), other.send()
    with database.transaction() as session:
        session.execute(update(Trip).values(state="received"))
    with pytest.raises(Conflict, match="scan"):
        decide(on, "carry_out")
    assert only(database).state == "open" and on.container(label).mass_g == 150_000


def test_kept_as_evidence_changes_nothing_but_the_queue(database: Database) -> None:
    on, one, other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label))
    other.do("load", load(on, label, measured_g=151_000))
    one.send(), other.send()
    decide(on, "keep")
    assert (only(database).state, on.container(label).mass_g) == ("dismissed", 150_000)
    with pytest.raises(Conflict, match=r"conflict\.decided"):
        decide(on, "keep")


def test_a_problem_is_handed_to_the_county(database: Database) -> None:
    on, one, other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label))
    other.do("load", load(on, label, measured_g=151_000))
    one.send(), other.send()
    decide(on, "raise_problem")
    with database.reading() as session:
        problem = session.scalars(select(Problem)).one()
        assert (problem.source, problem.state, problem.label_code) == ("platform", "found", label)
        assert problem.county_code and "电话核实" in problem.note
    assert only(database).result == {"problem": problem.problem_no}


def test_a_drum_on_another_round_is_taken(database: Database) -> None:
    on, one, other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label))
    one.send()
    with database.transaction() as session:
        session.execute(update(Container).values(state="stored", trip_id=None))
    other.do("load", load(on, label))
    [verdict] = other.send()
    assert (verdict.outcome, verdict.code) == ("conflict", "scan.already_collected")
    assert only(database).kind == "container_taken"
    with pytest.raises(InvalidInput, match="choice_unknown"):
        decide(on, "carry_out")


@pytest.mark.parametrize("change", ["cancelled", "crew"])
def test_a_round_that_was_taken_away_meanwhile(database: Database, change: str) -> None:
    on, one, _other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label))
    values: dict[str, Any] = {"state": "cancelled"} if change == "cancelled" else {"driver_id": None}
    with database.transaction() as session:
        session.execute(update(Round).values(**values))
    [verdict] = one.send()
    assert verdict.outcome == "conflict"
    assert only(database).kind == "stop_changed"
    if change == "crew":
        decide(on, "carry_out")
        assert on.container(label).state == "loaded"
    else:
        with pytest.raises(Conflict, match="round_not_open"):
            decide(on, "carry_out")


def test_another_platforms_round_is_as_good_as_none(database: Database) -> None:
    on, one, _other = two_phones(database)
    one.do("load", load(on, on.labels()[0], round_id=str(UUID(int=7))))
    one.do("stop_close", {"stop_id": str(UUID(int=8)), "outcome": "done"})
    assert [(v.outcome, v.code) for v in one.send()] == [("refused", "object.not_found")] * 2


def test_a_label_replaced_after_the_scan_goes_on_under_its_new_code(database: Database) -> None:
    on, one, _other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label), 9)
    firm = on.request(on.stops()[0]).enterprise_id
    with database.transaction() as session:
        container = session.scalars(select(Container).where(Container.label_code == label)).one()
        label_lives.replace_label(
            session,
            actor=Actor("user:firm", "enterprise", None, firm),
            container_id=container.id,
            reason="damaged",
            note="",
            version=None,
            now=at(10),
        )
        container.state = "labelled"
    [verdict] = one.send(hour=11)
    assert (verdict.outcome, verdict.code) == ("conflict", "scan.label_replaced")
    assert only(database).kind == "after_correction"
    decide(on, "carry_out")
    with database.reading() as session:
        assert session.get_one(Container, container.id).state == "loaded"


def test_a_correction_after_the_act_is_not_overruled(database: Database) -> None:
    on, one, other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label))
    one.send()
    container = on.container(label)
    with database.transaction() as session:
        session.execute(update(Container).values(state="stored"))
        unit = on.driver.organisation_id
        session.add(
            Correction(id=UUID(int=1), container_id=container.id, state="agreed", present_g=1, proposed_g=2,
                       reason="x", proposer_id=unit, counterparty_id=unit, proposed_by="user:a",
                       proposed_at=at(10), decided_by="user:b", decided_at=at(11))
        )  # fmt: skip
    other.do("load", load(on, label), 9)
    assert other.send(hour=12)[0].outcome == "conflict"
    assert only(database).kind == "after_correction"


def test_only_the_platforms_office_decides_with_a_reason_from_a_fresh_page(database: Database) -> None:
    on, one, other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label))
    other.do("load", load(on, label, measured_g=151_000))
    one.send(), other.send()
    with pytest.raises(Forbidden):
        decide(on, "keep", actor=office(on, "regulator"))
    with pytest.raises(NotFound):
        decide(on, "keep", actor=office(on, organisation_id=UUID(int=9)))
    with pytest.raises(InvalidInput, match=r"text\.missing"):
        decide(on, "keep", reason="  ")
    with pytest.raises(StaleVersion):
        decide(on, "keep", version=7)
    with database.reading() as session:
        assert boards.waiting(session, actor=office(on)) == 1
        assert boards.waiting(session, actor=office(on, organisation_id=UUID(int=9))) == 0
        rows, count, _ = boards.conflict_list(
            session, actor=office(on, "regulator"), sort="opened_at", descending=True, limit=5, offset=0
        )
        assert (len(rows), count) == (1, 1)


def test_an_old_report_is_decided_by_a_person_and_keeps_its_own_time(database: Database) -> None:
    on, one, _other = two_phones(database)
    [stop], [label] = on.stops(), on.labels()
    one.do("load", load(on, label), 9)
    one.do("stop_close", close(stop), 9.5)
    loaded, closed = one.send(hour=9 + 75)
    assert (closed.outcome, closed.code) == ("conflict", "round.report_too_old")
    assert loaded.outcome == "accepted"
    conflict = only(database)
    with database.transaction() as session:
        deciding.decide(session, actor=office(on), conflict_id=conflict.id,
                        decision=Decision("carry_out", "周末无信号"), seals=SEALS, now=at(100))  # fmt: skip
    [stop] = on.stops()
    assert (stop.state, stop.closed_at) == ("done", at(9.5))
    check_books(database)


def test_what_only_waits_for_the_other_phone_is_done_when_that_has_come(database: Database) -> None:
    on = road(database, 1)
    one, other = phone_of(on, "driver"), phone_of(on, "escort")
    [stop], [label] = on.stops(), on.labels()
    one.do("round_start", {"round_id": str(on.round_id), "checks": dict(waybills.ALL_PASSED)}, 8)
    other.do("load", load(on, label, stop_id=str(stop.id)), 9)
    other.do("stop_close", close(stop), 9.5)
    assert [v.outcome for v in other.send(hour=10)] == ["conflict", "conflict"]
    assert on.container(label).state == "labelled" and on.stops()[0].state == "planned"
    assert [v.outcome for v in one.send(hour=11)] == ["accepted"]
    assert on.container(label).state == "loaded" and on.stops()[0].state == "done"
    with database.reading() as session:
        rows = list(session.scalars(select(FieldConflict)))
    assert {(row.kind, row.state, row.decided_by) for row in rows} == {("not_yet", "resolved", "service")}
    check_books(database)


def test_a_single_phone_that_is_too_early_is_simply_refused(database: Database) -> None:
    on = road(database, 1)
    phone = phone_of(on)
    phone.do("load", load(on, on.labels()[0]), 9)
    assert [(v.outcome, v.code) for v in phone.send()] == [("refused", "scan.round_not_open")]


def test_a_stop_is_not_left_empty_while_a_load_there_is_undecided(database: Database) -> None:
    on, one, other = two_phones(database)
    [stop], [label] = on.stops(), on.labels()
    one.do("load", load(on, label))
    other.do("load", load(on, label, measured_g=152_000))
    one.do("unload_back", {"round_id": str(on.round_id), "label_code": label}, 9.2)
    one.do("stop_close", close(stop, "missed"), 9.5)
    first, *later = one.outbox
    assert [v.outcome for v in one.send(first)] == ["accepted"]
    assert [v.outcome for v in other.send()] == ["conflict"]
    unloaded, closed = one.send(*later)
    assert unloaded.outcome == "accepted"
    assert (closed.outcome, closed.code) == ("conflict", "event.after_conflict")
    row = next(each for each in _rows(database) if each.kind == "mass_differs")
    with database.transaction() as session:
        deciding.decide(session, actor=office(on), conflict_id=row.id,
                        decision=Decision("keep", "已卸下"), seals=SEALS, now=at(15))  # fmt: skip
    assert on.stops()[0].state == "missed"
    assert {each.state for each in _rows(database)} == {"dismissed", "resolved"}


def _rows(database: Database) -> list[FieldConflict]:
    with database.reading() as session:
        return list(session.scalars(select(FieldConflict)))


def test_taking_off_what_the_other_phone_loaded_needs_to_have_been_shown_it(database: Database) -> None:
    on, one, other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label))
    one.send()
    with database.reading() as session:
        size = ledger.size(session)
    body = {"round_id": str(on.round_id), "label_code": label}
    other.do("unload_back", body, seen={"size": size - 3, "root": "0" * 64})
    assert [(v.outcome, v.code) for v in other.send()] == [("conflict", "event.order_unknown")]
    decide(on, "keep")
    other.do("unload_back", body, seen={"size": size, "root": "0" * 64})
    assert [v.outcome for v in other.send()][1:] == ["accepted"]
    assert on.container(label).state == "labelled"


def test_loading_again_what_the_other_phone_took_off_needs_to_have_been_shown_it(database: Database) -> None:
    """Without that the second loading was made before the drum was taken off: it stays at the firm."""
    on, one, other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label))
    one.do("unload_back", {"round_id": str(on.round_id), "label_code": label})
    other.do("load", load(on, label))
    assert [v.outcome for v in one.send()] == ["accepted", "accepted"]
    assert [(v.outcome, v.code) for v in other.send()] == [("conflict", "event.order_unknown")]
    assert on.container(label).state == "labelled"
    decide(on, "keep")
    with database.reading() as session:
        size = ledger.size(session)
    other.do("load", load(on, label), seen={"size": size, "root": "0" * 64})
    assert [v.outcome for v in other.send()][1:] == ["accepted"]
    assert on.container(label).state == "loaded"


def test_a_phone_loads_again_what_it_took_off_itself(database: Database) -> None:
    on, one, _other = two_phones(database)
    [label] = on.labels()
    one.do("load", load(on, label))
    one.do("unload_back", {"round_id": str(on.round_id), "label_code": label})
    one.do("load", load(on, label))
    assert [v.outcome for v in one.send()] == ["accepted"] * 3
