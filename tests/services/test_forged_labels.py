"""A forged label never loads, and the county gets the evidence; a doubtful one loads with a flag."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.services.driving_world import Road, at, started
from tests.services.phones import SEALS, load, phone_of
from tests.services.test_rounds import check_books
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.field_conflicts import Standing, of_scan
from wastehub.ledger.signing import Signer
from wastehub.models.problems import Problem, ProblemStep
from wastehub.models.scans import Scan
from wastehub.services import label_keys
from wastehub.services.label_keys import Sealer


@pytest.fixture
def database_kind() -> str:
    """The statements are those of scans and problems, which are tried on both."""
    return "sqlite"


def answer(on: Road, *reports: Any) -> Any:
    [verdict] = on.scan(*reports)
    return verdict


def listed(database: Database) -> list[Problem]:
    with database.reading() as session:
        return list(session.scalars(select(Problem).order_by(Problem.problem_no)))


def link_to(label: str) -> str:
    return f"HTTPS://WASTEHUB.EXAMPLE/C/{label}/{'1' * 159}"


def test_a_forged_label_does_not_load_and_the_county_sees_to_it(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    report = on.report(link_to(label), seal="forged", lon_e6=120_750_000, lat_e6=30_750_000)
    verdict = answer(on, report)
    assert (verdict.outcome, verdict.code) == ("refused", "scan.label_forged")
    assert verdict.params == {"label_code": label}
    container = on.container(label)
    assert (container.state, container.measured_g) == ("labelled", None)
    [row] = listed(database)
    assert (row.kind, row.source, row.state, row.label_code) == ("odd_label", "crew", "found", label)
    assert (row.container_id, row.lon_e6) == (container.id, 120_750_000)
    assert row.county_code and row.enterprise_id and row.due_on and row.found_at == at(8.9)
    assert link_to(label) in row.note, "what was read is the evidence"
    with database.reading() as session:
        [step] = session.scalars(select(ProblemStep))
        [scan] = session.scalars(select(Scan))
        events = [entry.event for entry in ledger.entries_for(session, label=label)]
    assert (step.act, step.acted_by) == ("find", on.driver.author)
    assert (scan.outcome, scan.outcome_code) == ("refused", "scan.label_forged")
    refused, found = events[-2:]
    assert (refused.type, refused.facts["verdict"]) == ("container.load_refused", "label_forged")
    assert refused.facts["seal"] == "forged" and refused.facts["read"] == link_to(label)
    assert (found.type, found.subject, found.facts["scan"]) == ("problem.found", row.problem_no, str(scan.id))
    check_books(database)


def test_it_is_answered_alike_when_sent_again_and_listed_once_while_open(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    report = on.report(label, seal="forged")
    assert answer(on, report) == answer(on, report)
    assert answer(on, on.report(label, seal="forged")).code == "scan.label_forged"
    assert len(listed(database)) == 1
    with database.transaction() as session:
        session.scalars(select(Problem)).one().state = "closed"
    assert answer(on, on.report(label, seal="forged")).code == "scan.label_forged"
    assert [row.state for row in listed(database)] == ["closed", "found"]


def test_a_forged_label_of_no_container_is_kept_for_the_county_of_the_gate(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    forged = label[:-3] + "999"
    stop = on.stops()[0]
    verdict = answer(on, on.report(forged, seal="forged", stop_id=stop.id))
    assert verdict.code == "scan.label_forged"
    [row] = listed(database)
    assert (row.label_code, row.container_id) == (forged, None)
    assert row.county_code
    assert answer(on, on.report(label)).outcome == "accepted", "the genuine one loads"
    check_books(database)


def test_a_forged_label_may_be_refused_and_taken_off_again(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    assert answer(on, on.report(label)).outcome == "accepted"
    assert answer(on, on.report(label, "unload_back", seal="forged")).outcome == "accepted"
    turned_away = on.report(label, "refuse", seal="forged", reason="label_differs", note="标签可疑")
    assert answer(on, turned_away).outcome == "accepted"
    assert listed(database) == []


@pytest.mark.parametrize("seal", ["key_unknown", "key_revoked"])
def test_what_nobody_can_judge_loads_with_a_flag_on_record(database: Database, seal: str) -> None:
    on = started(database, 1)
    [label] = on.labels()
    report = on.report(label, seal=seal, measured_g=180_000)
    verdict = answer(on, report)
    assert verdict.outcome == "accepted"
    assert [each.code for each in verdict.warnings] == ["scan.mass_outside_tolerance", "scan.label_doubtful"]
    assert answer(on, report) == verdict
    with database.reading() as session:
        loaded = ledger.entries_for(session, label=label)[-1].event
    assert (loaded.type, loaded.facts["seal"]) == ("container.loaded", seal)
    assert listed(database) == []
    check_books(database)


@pytest.mark.parametrize("seal", ["", "unsigned"])
def test_a_genuine_label_and_an_old_one_without_a_seal_load_unflagged(database: Database, seal: str) -> None:
    on = started(database, 1)
    [label] = on.labels()
    verdict = answer(on, on.report(label, seal=seal))
    assert (verdict.outcome, verdict.warnings) == ("accepted", ())
    with database.reading() as session:
        assert "seal" not in ledger.entries_for(session, label=label)[-1].event.facts


def test_a_phones_signed_word_is_believed_later_too(database: Database) -> None:
    """What it found out without a network: forged is refused and listed, an unknown key rides with a flag."""
    on = started(database, 2)
    phone = phone_of(on)
    forged, doubtful = on.labels()
    phone.do("load", load(on, forged, seal="forged"))
    phone.do("load", load(on, doubtful, seal="key_unknown"))
    phone.do("load", load(on, doubtful, seal="perfect"))
    first, second, third = phone.send()
    assert (first.outcome, first.code) == ("refused", "scan.label_forged")
    assert second.outcome == "accepted" and second.warnings[0].code == "scan.label_doubtful"
    assert (third.outcome, third.field) == ("refused", "seal")
    assert on.container(forged).state == "labelled" and on.container(doubtful).state == "loaded"
    [row] = listed(database)
    assert row.label_code == forged
    check_books(database)


# -- signed events of phones: the seal is judged here, whatever the phone made of it ----------------------

OURS, STRANGER = (Sealer(Signer.from_seed(letter * 32), SEALS.origin) for letter in (b"o", b"s"))
BASE = "https://wastehub.example"


def published(database: Database) -> None:
    with database.transaction() as session:
        label_keys.announce(session, sealer=OURS, now=at(6))


def altered(link: str) -> str:
    """The last digit of the seal is another one."""
    return link[:-1] + str((int(link[-1]) + 1) % 10)


def sent(on: Road, label: str, read: str, seal: str = "", **more: Any) -> Any:
    phone = phone_of(on)
    more = {"seal": seal} | more if seal else more
    phone.do("load", load(on, label, **({"label_read": read} if read else {}), **more))
    [verdict] = phone.send()
    return verdict


@pytest.mark.parametrize("word", ["genuine", "", "unsigned"])
def test_an_altered_seal_in_an_event_is_refused_whatever_the_phone_says(
    database: Database, word: str
) -> None:
    on = started(database, 1)
    published(database)
    [label] = on.labels()
    read = altered(OURS.payload(BASE, label))
    verdict = sent(on, label, read, word)
    assert (verdict.outcome, verdict.code, verdict.params) == (
        "refused",
        "scan.label_forged",
        {"label_code": label},
    )
    assert on.container(label).state == "labelled"
    [row] = listed(database)
    assert (row.kind, row.source, row.label_code) == ("odd_label", "crew", label)
    assert read[:120] in row.note, "what was read is the evidence, as at /api/v1/scans"
    with database.reading() as session:
        events = [entry.event for entry in ledger.entries_for(session, label=label)]
    refused, found = events[-2:]
    assert (refused.type, refused.facts["seal"], refused.facts["read"]) == (
        "container.load_refused",
        "forged",
        read,
    )
    assert refused.facts["device_seq"] == 1 and found.type == "problem.found"
    check_books(database)


def test_a_genuine_seal_in_an_event_loads_though_the_phone_mistook_it(database: Database) -> None:
    on = started(database, 1)
    published(database)
    [label] = on.labels()
    verdict = sent(on, label, OURS.payload(BASE, label), "forged")
    assert (verdict.outcome, verdict.warnings) == ("accepted", ())
    assert on.container(label).state == "loaded" and listed(database) == []


def test_a_sealed_address_in_the_place_of_the_code_is_judged_alike(database: Database) -> None:
    on = started(database, 1)
    published(database)
    [label] = on.labels()
    assert sent(on, altered(OURS.payload(BASE, label)), "").code == "scan.label_forged"


@pytest.mark.parametrize(("base", "doubt"), [(BASE, "key_unknown"), ("https://else.example", "other_origin")])
def test_a_seal_that_nobody_here_can_judge_loads_with_a_flag(
    database: Database, base: str, doubt: str
) -> None:
    on = started(database, 1)
    published(database)
    [label] = on.labels()
    verdict = sent(on, label, STRANGER.payload(base, label), "genuine")
    assert verdict.outcome == "accepted"
    assert [(each.code, each.params["seal"]) for each in verdict.warnings] == [("scan.label_doubtful", doubt)]


def test_an_event_without_a_seal_stays_what_it_was(database: Database) -> None:
    on = started(database, 2)
    published(database)
    typed, old = on.labels()
    assert sent(on, typed, "").warnings == ()
    assert sent(on, old, f"{BASE}/c/{old}", "unsigned").outcome == "accepted"


def test_what_was_read_must_be_the_label_that_was_loaded(database: Database) -> None:
    on = started(database, 2)
    published(database)
    one, other = on.labels()
    verdict = sent(on, one, OURS.payload(BASE, other))
    assert (verdict.outcome, verdict.code, verdict.field) == ("refused", "event.field_wrong", "label_read")
    assert on.container(one).state == on.container(other).state == "labelled"


def test_a_correction_meanwhile_makes_no_conflict_of_a_forged_label() -> None:
    standing = Standing(container_state="labelled", changed_after=True)
    assert of_scan("load", "refused", "scan.label_forged", measured_g=1, standing=standing) == ""
