"""Waste goes into containers, and mistakes are undone by counter-acts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests import firms
from wastehub import ledger
from wastehub.domain import labels as label_rules
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, StaleVersion
from wastehub.models import batches as batch_rows
from wastehub.models.batches import Batch, Container
from wastehub.services import batches


def refused(session, firm, **changes):
    with pytest.raises((InvalidInput, Conflict)) as violation:
        firms.registered(session, firm, **changes)
    assert session.scalar(select(func.count()).select_from(Batch)) == 0, "nothing is half-done"
    return violation.value


def test_a_batch_gets_its_numbers_and_every_container_its_code(session):
    firm = firms.enrolled(session)
    batch = firms.registered(session, firm, 150_000, 80_500)
    assert batch.batch_no == "HWCS20260316001"
    assert batch.catalogue_edition == "2021"
    codes = [label_rules.parse_identification_code(row.label_code) for row in batch.containers]
    assert [code.running for code in codes] == [1, 2]
    assert {code.credit_code for code in codes} == {firm.credit_code}
    assert {code.waste_code for code in codes} == {firms.CODE}
    assert {row.state for row in batch.containers} == {"registered"}
    assert {row.holder_id for row in batch.containers} == {firm.id}


def test_numbers_run_on_within_unit_and_day(session):
    firm, other = firms.enrolled(session, 1), firms.enrolled(session, 2)
    drafts = [
        firms.batch_draft(firm),
        firms.batch_draft(other),
        firms.batch_draft(firm),
        firms.batch_draft(firm, produced_on=date(2026, 3, 15)),
    ]
    made = batches.register(session, drafts=drafts, now=firms.NOW)
    assert [row.batch_no[-3:] for row in made] == ["001", "001", "002", "001"]
    again = firms.registered(session, firm)
    assert again.batch_no == "HWCS20260316003"
    assert again.containers[0].label_code.endswith("003")


def test_the_books_hold_what_was_registered(session):
    firm = firms.enrolled(session)
    batch = firms.registered(session, firm, 150_000, 80_500)
    key = batch_rows.batch_key(firm, batch)
    states = ledger.label_states(session, [row.label_code for row in batch.containers])
    assert {row.label_code: row.mass_g for row in batch.containers} == {
        code: state.mass_g for code, state in states.items()
    }
    assert {state.batch for state in states.values()} == {key}
    assert ledger.unexplained_g(session) == 0


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"waste_code": "12345"}, "waste_code.malformed", "waste_code"),
        ({"waste_code": "999-999-08"}, "waste_code.unknown", "waste_code"),
        ({"produced_on": date(2026, 3, 17)}, "batch.produced_in_future", "produced_on"),
        ({"produced_on": date(2021, 3, 17)}, "batch.produced_too_long_ago", "produced_on"),
        ({"form": "soup"}, "batch.form_unknown", "form"),
        ({"basis": "guessed"}, "batch.basis_unknown", "basis"),
        ({"containers": ()}, "batch.no_containers", "containers"),
        ({"internal_name": "名" * 61}, "text.too_long", "internal_name"),
        ({"main_components": "油\u0007"}, "text.control_character", "main_components"),
        ({"internal_name": "废油\U00020000"}, "text.character_not_printable", "internal_name"),
        ({"hazards": "X"}, "hazard.unknown", "hazards"),
        ({"form": "liquid", "container_type": "BAG1000"}, "container.not_for_liquid",
         "containers.0.container_type"),
        ({"container_type": "BUCKET"}, "container_type.unknown", "containers.0.container_type"),
    ],
)  # fmt: skip
def test_a_wrong_batch_is_named_by_its_field(session, changes, code, field):
    violation = refused(session, firms.enrolled(session), **changes)
    assert (violation.code, violation.field) == (code, field)


@pytest.mark.parametrize(
    ("mass_g", "code"),
    [
        (0, "mass.not_positive"),
        (-5, "mass.not_positive"),
        (200_001, "container.overfilled"),
        (2_000_001, "mass.too_large"),
    ],
)
def test_an_absurd_mass_is_refused(session, mass_g, code):
    firm = firms.enrolled(session)
    with pytest.raises(InvalidInput) as violation:
        firms.registered(session, firm, 100_000, mass_g)
    assert (violation.value.code, violation.value.field) == (code, "containers.1.mass_g")


def test_a_drum_may_be_full_to_its_payload(session):
    firms.registered(session, firms.enrolled(session), 200_000)


def test_a_code_out_of_force_on_the_day_is_refused(session):
    firm = firms.enrolled(session)
    from wastehub.models.reference import WasteCode

    row = session.get_one(WasteCode, firms.CODE)
    row.effective_until_on = firms.TODAY - timedelta(days=1)
    session.flush()
    assert refused(session, firm).code == "waste_code.not_in_force"
    firms.registered(session, firm, produced_on=firms.TODAY - timedelta(days=1))


def test_a_storage_point_never_holds_more_than_three_tonnes(session):
    firm = firms.enrolled(session)
    firms.registered(session, firm, *[200_000] * 14)
    violation = None
    with pytest.raises(Conflict) as caught:
        firms.registered(session, firm, 200_000, 1)
    violation = caught.value
    assert violation.code == "storage.point_full"
    assert violation.params["left_g"] == 200_000
    firms.registered(session, firm, 200_000)


def test_a_storage_house_may_hold_more(session):
    firms.registered(session, firms.enrolled(session, storage_kind="store"), *[200_000] * 16)


def test_several_batches_of_one_call_share_the_point(session):
    firm = firms.enrolled(session)
    drafts = [firms.batch_draft(firm, *[200_000] * 8)] * 2
    with pytest.raises(Conflict) as caught:
        batches.register(session, drafts=drafts, now=firms.NOW)
    assert caught.value.code == "storage.point_full"


def test_in_a_list_the_draft_at_fault_is_named(session):
    firm = firms.enrolled(session)
    drafts = [firms.batch_draft(firm), firms.batch_draft(firm, 0)]
    with pytest.raises(InvalidInput) as caught:
        batches.register(session, drafts=drafts, now=firms.NOW)
    assert caught.value.field == "drafts.1.containers.0.mass_g"


def test_nobody_registers_for_a_foreign_firm(session):
    firm, other = firms.enrolled(session, 1), firms.enrolled(session, 2)
    with pytest.raises(NotFound):
        firms.registered(session, firm, actor=firms.actor_of(other))
    with pytest.raises(Forbidden):
        firms.registered(session, firm, actor=firms.dispatcher(session))


def test_a_batch_holds_at_most_sixty_containers(session):
    firm = firms.enrolled(session, storage_kind="store")
    assert refused(session, firm, containers=(batches.ContainerDraft("CAN25", 1_000),) * 61).code == (
        "batch.too_many_containers"
    )
    firms.registered(session, firm, *[1_000] * 60, container_type="CAN25")


def amend(session, firm, row: Container, mass_g: int, **changes):
    asked = {
        "actor": firms.actor_of(firm),
        "container_id": row.id,
        "mass_g": mass_g,
        "reason": "抄错磅单",
        "version": row.version,
        "now": firms.NOW,
    }
    return batches.amend_mass(session, **(asked | changes))


def test_a_mass_is_corrected_by_a_counter_act_and_the_label_printed_anew(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 150_000)
    amend(session, firm, row, 140_000)
    amend(session, firm, row, 141_000)
    assert (row.mass_g, row.declared_g, row.state) == (141_000, 141_000, "registered")
    assert ledger.label_states(session, [row.label_code])[row.label_code].mass_g == 141_000
    types = [entry.event.type for entry in ledger.entries_for(session, label=row.label_code)]
    assert types == ["batch.registered", "label.printed", "mass.corrected", "mass.corrected"]
    assert ledger.unexplained_g(session) == 0


def test_an_amended_mass_obeys_the_same_limits(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 150_000)
    for mass_g, code in ((200_001, "container.overfilled"), (150_000, "batch.mass_unchanged")):
        with pytest.raises(InvalidInput) as caught:
            amend(session, firm, row, mass_g)
        assert caught.value.code == code
    with pytest.raises(InvalidInput) as caught:
        amend(session, firm, row, 140_000, reason=" ")
    assert (caught.value.code, caught.value.field) == ("text.missing", "reason")


def test_an_amended_mass_may_not_overfill_the_point(session):
    firm = firms.enrolled(session)
    *_, row = firms.labelled(session, firm, *[200_000] * 14, 150_000)
    with pytest.raises(Conflict) as caught:
        firms.registered(session, firm, 50_001)
    assert caught.value.code == "storage.point_full"
    firms.registered(session, firm, 50_000)
    with pytest.raises(Conflict) as caught:
        amend(session, firm, row, 150_001)
    assert caught.value.code == "storage.point_full"


def test_a_stale_form_changes_nothing(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 150_000)
    with pytest.raises(StaleVersion):
        amend(session, firm, row, 140_000, version=row.version - 1)
    assert row.mass_g == 150_000


def test_what_is_on_a_request_is_not_amended_or_voided(session):
    firm = firms.ready_firm(session)
    [row] = firms.labelled(session, firm, 150_000)
    firms.requested(session, firm, [row])
    for act in (lambda: amend(session, firm, row, 140_000), lambda: void(session, firm, row)):
        with pytest.raises(Conflict) as caught:
            act()
        assert caught.value.code == "container.on_request"


def void(session, firm, row: Container, **changes):
    asked = {
        "actor": firms.actor_of(firm),
        "container_id": row.id,
        "reason": "重复登记",
        "version": row.version,
        "now": firms.NOW,
    }
    return batches.void_container(session, **(asked | changes))


def test_a_voided_container_leaves_the_stock_and_its_code_is_not_used_again(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 150_000)
    void(session, firm, row)
    assert row.state == "void"
    assert batch_rows.stock_g(session, [firm.id]) == {}
    assert ledger.unexplained_g(session) == 0
    assert firms.registered(session, firm).containers[0].label_code.endswith("002")
    with pytest.raises(Conflict) as caught:
        void(session, firm, row)
    assert caught.value.code == "container.act_not_allowed"


def test_a_foreign_container_is_not_there(session):
    firm, other = firms.enrolled(session, 1), firms.enrolled(session, 2)
    [row] = firms.labelled(session, firm, 150_000)
    with pytest.raises(NotFound):
        void(session, other, row)


def test_catalogue_letters_can_be_narrowed(session):
    firm = firms.enrolled(session)
    assert firms.registered(session, firm).hazards == "T/I"
    assert firms.registered(session, firm, hazards="i").hazards == "I"


def test_drafts_are_plain_values(session):
    firm = firms.enrolled(session)
    draft = firms.batch_draft(firm)
    assert replace(draft, note="甲") != draft
