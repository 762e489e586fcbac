"""Labels are printed, counted, and safe to scan for anybody."""

from __future__ import annotations

import pytest

from tests import firms
from wastehub import ledger
from wastehub.domain.errors import Conflict, InvalidInput, NotFound
from wastehub.services import batches, labels


def test_printing_makes_containers_ready_and_counts_reprints(session):
    firm = firms.enrolled(session)
    rows = firms.labelled(session, firm, 100_000, 90_000)
    assert {(row.state, row.prints) for row in rows} == {("labelled", 1)}
    labels.print_labels(session, jobs=[(firms.actor_of(firm), [rows[0].id])], now=firms.NOW, reason="damaged")
    assert [row.prints for row in rows] == [2, 1]
    entries = ledger.entries_for(session, label=rows[0].label_code)
    assert [entry.event.type for entry in entries] == [
        "batch.registered",
        "label.printed",
        "label.printed",
    ]


def test_several_firms_print_in_one_call(session):
    one, two = firms.enrolled(session, 1), firms.enrolled(session, 2)
    jobs = [
        (firms.actor_of(firm), [row.id for row in firms.registered(session, firm, 1_000, 2_000).containers])
        for firm in (one, two)
    ]
    assert len(labels.print_labels(session, jobs=jobs, now=firms.NOW)) == 4


def test_a_voided_container_gets_no_label(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 100_000)
    batches.void_container(
        session,
        actor=firms.actor_of(firm),
        container_id=row.id,
        reason="错",
        version=None,
        now=firms.NOW,
    )
    with pytest.raises(Conflict):
        labels.print_labels(session, jobs=[(firms.actor_of(firm), [row.id])], now=firms.NOW)
    with pytest.raises(Conflict) as caught:
        labels.label_sheet(session, actor=firms.actor_of(firm), container_ids=[row.id])
    assert caught.value.code == "label.container_void"


def test_nothing_chosen_prints_nothing(session):
    firm = firms.enrolled(session)
    with pytest.raises(InvalidInput) as caught:
        labels.print_labels(session, jobs=[(firms.actor_of(firm), [])], now=firms.NOW)
    assert caught.value.code == "label.nothing_chosen"


def test_foreign_labels_are_not_there(session):
    firm, other = firms.enrolled(session, 1), firms.enrolled(session, 2)
    [row] = firms.labelled(session, firm, 100_000)
    with pytest.raises(NotFound):
        labels.print_labels(session, jobs=[(firms.actor_of(other), [row.id])], now=firms.NOW)
    with pytest.raises(NotFound):
        labels.label_sheet(session, actor=firms.actor_of(other), container_ids=[row.id])


@pytest.mark.parametrize(
    ("container_type", "side_mm", "copies"),
    [("CAN25", 100, 1), ("STEEL200", 150, 1), ("IBC1000", 200, 2)],
)
def test_the_label_fits_the_container(session, container_type, side_mm, copies):
    firm = firms.enrolled(session)
    batch = firms.registered(session, firm, 20_000, container_type=container_type)
    [fields] = labels.label_sheet(session, actor=firms.actor_of(firm), container_ids=[batch.containers[0].id])
    assert (fields.side_mm, fields.copies) == (side_mm, copies)
    assert fields.label_code == batch.containers[0].label_code
    assert fields.category_code == "HW08"
    assert fields.unit_name == firm.name
    assert fields.precautions


def test_anybody_reads_the_safe_part_of_a_label(session):
    firm = firms.ready_firm(session)
    [row] = firms.labelled(session, firm, 100_000)
    facts = labels.safe_facts(session, label_code=f"https://example.org/c/{row.label_code}")
    assert facts.waste_code == firms.CODE
    assert facts.where == "generator"
    assert firm.name not in str(facts)
    assert "100000" not in str(facts)


def test_an_unknown_or_broken_code_is_told_apart(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 100_000)
    with pytest.raises(NotFound) as caught:
        labels.safe_facts(session, label_code=row.label_code[:-3] + "999")
    assert caught.value.code == "label.unknown"
    with pytest.raises(InvalidInput) as wrong:
        labels.safe_facts(session, label_code="hello")
    assert wrong.value.code == "label.malformed"
