"""A label dies and its fill goes on; rolls printed beforehand; what scans of dead codes are answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import firms
from wastehub import ledger
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, StaleVersion
from wastehub.models import label_lives as rows
from wastehub.models.label_lives import LabelReprint, RetiredLabel
from wastehub.services import batches, label_lives, labels


def replaced(session, firm, row, **changes):
    asked = {
        "actor": firms.actor_of(firm),
        "container_id": row.id,
        "reason": "lost",
        "note": "",
        "version": None,
        "now": firms.NOW,
    }
    return label_lives.replace_label(session, **(asked | changes))


def test_a_fill_goes_on_under_a_new_code(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 100_000)
    old, number = row.label_code, row.short_no
    dead = replaced(session, firm, row)
    assert (dead.code, dead.successor, dead.prints, dead.short_no) == (old, row.label_code, 1, number)
    assert row.label_code != old and row.label_code[:34] == old[:34]
    assert (row.state, row.prints) == ("registered", 0)
    assert row.short_no not in (None, number)
    life = label_lives.life_of(session, text=old)
    assert (life.state, life.successor, life.county_code) == ("replaced", row.label_code, "330411")
    assert label_lives.life_of(session, text=row.label_code).state == "draft"
    states = ledger.label_states(session, [old, row.label_code])
    assert (states[old].kind, states[row.label_code].kind) == ("VOID", "STOCK")
    assert states[row.label_code].mass_g == 100_000
    assert ledger.unexplained_g(session) == 0
    assert ledger.verify(session).ok


def test_the_chain_of_codes_names_the_newest(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 100_000)
    codes = [row.label_code]
    for _ in range(3):
        replaced(session, firm, row)
        labels.print_labels(session, jobs=[(firms.actor_of(firm), [row.id])], now=firms.NOW)
        codes.append(row.label_code)
    assert len(set(codes)) == 4
    assert {label_lives.life_of(session, text=code).successor for code in codes[:3]} == {codes[3]}
    assert label_lives.life_of(session, text=codes[3]).state == "printed"
    _row, history = label_lives.history(session, actor=firms.actor_of(firm), container_id=row.id)
    assert {each.code for each in history.former} == set(codes[:3])
    assert len({each.short_no for each in history.former} | {row.short_no}) == 4


def test_the_new_label_serves_for_everything_that_follows(session):
    firm = firms.ready_firm(session)
    [row] = firms.labelled(session, firm, 100_000)
    replaced(session, firm, row)
    with pytest.raises(Conflict):
        firms.requested(session, firm, [row])  # not printed yet
    labels.print_labels(session, jobs=[(firms.actor_of(firm), [row.id])], now=firms.NOW)
    assert firms.requested(session, firm, [row]).state == "open"
    entries = ledger.entries_for(session, label=row.label_code)
    assert entries[0].event.type == "label.replaced"


def test_what_is_on_the_road_or_open_keeps_its_code(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 100_000)
    row.state = "loaded"
    with pytest.raises(Conflict) as caught:
        replaced(session, firm, row)
    assert caught.value.code == "label.not_replaceable"
    row.state = "void"
    with pytest.raises(Conflict):
        replaced(session, firm, row)


def test_strangers_stale_forms_and_missing_reasons(session):
    firm, other = firms.enrolled(session, 1), firms.enrolled(session, 2)
    [row] = firms.labelled(session, firm, 100_000)
    with pytest.raises(NotFound):
        replaced(session, other, row)
    with pytest.raises(NotFound):
        replaced(session, firm, row, actor=firms.dispatcher(session))
    with pytest.raises(StaleVersion):
        replaced(session, firm, row, version=row.version - 1)
    with pytest.raises(InvalidInput) as caught:
        replaced(session, firm, row, reason="")
    assert caught.value.code == "reason.missing"
    with pytest.raises(InvalidInput) as caught:
        replaced(session, firm, row, reason="wrong_container")
    assert caught.value.code == "reason.note_missing"
    assert session.scalars(select(RetiredLabel)).all() == []


def test_reprints_carry_their_reason(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 100_000)
    jobs = [(firms.actor_of(firm), [row.id])]
    with pytest.raises(InvalidInput) as caught:
        labels.print_labels(session, jobs=jobs, now=firms.NOW)
    assert caught.value.code == "reason.missing"
    session.expire(row)
    labels.print_labels(session, jobs=jobs, now=firms.NOW, reason="faded")
    batches.amend_mass(
        session, actor=firms.actor_of(firm), container_id=row.id, mass_g=90_000, reason="错", version=None,
        now=firms.NOW,
    )  # fmt: skip
    labels.print_labels(session, jobs=jobs, now=firms.NOW)
    found = session.scalars(select(LabelReprint).order_by(LabelReprint.print_no)).all()
    assert [(each.print_no, each.reason) for each in found] == [(2, "faded"), (3, "amended")]


def test_unknown_and_malformed_codes(session):
    firm = firms.enrolled(session)
    [row] = firms.labelled(session, firm, 100_000)
    with pytest.raises(NotFound):
        label_lives.life_of(session, text=row.label_code[:-3] + "999")
    with pytest.raises(InvalidInput):
        label_lives.life_of(session, text="x' OR 1=1 --")


# --- rolls -----------------------------------------------------------------------------------------


def roll_of(session, firm, wanted=3):
    roll = label_lives.hand_out(
        session, actor=firms.dispatcher(session), enterprise_id=firm.id, labels_wanted=wanted, now=firms.NOW
    )
    return label_lives.roll_detail(session, actor=firms.actor_of(firm), roll_id=roll.id)


def bound(session, firm, code, row, **changes):
    asked = {"actor": firms.actor_of(firm), "roll_code": code, "container_id": row.id, "now": firms.NOW}
    return label_lives.bind(session, **(asked | changes))


def test_serials_follow_each_other_over_rolls(session):
    firm = firms.enrolled(session)
    one, two = roll_of(session, firm, 3), roll_of(session, firm, 2)
    assert (one.last_serial + 1, two.last_serial - two.first_serial) == (two.first_serial, 1)
    assert one.roll_no != two.roll_no
    assert len({label.code for label in [*one.labels, *two.labels]}) == 5
    register = label_lives.rolls(session, actor=firms.dispatcher(session))
    assert [(each.free, each.bound) for each in register] == [(2, 0), (3, 0)]


@pytest.mark.parametrize("wanted", [0, -1, label_lives.LABELS_PER_ROLL_MAX + 1])
def test_a_roll_has_a_sensible_length(session, wanted):
    with pytest.raises(InvalidInput):
        roll_of(session, firms.enrolled(session), wanted)


def test_a_number_is_bound_at_the_first_scan_and_once(session):
    firm = firms.enrolled(session)
    roll = roll_of(session, firm)
    numbers = [label.code for label in roll.labels]
    one, two = firms.registered(session, firm, 100_000, 90_000).containers
    code = numbers[0]
    assert label_lives.life_of(session, text=code).state == "roll_free"
    bound(session, firm, code, one)
    assert (one.state, one.prints) == ("labelled", 1)
    assert label_lives.life_of(session, text=code).code == one.label_code
    assert bound(session, firm, code.lower(), one).serial == roll.first_serial  # again: nothing happens
    assert one.prints == 1
    with pytest.raises(Conflict) as caught:
        bound(session, firm, code, two)
    assert caught.value.code == "roll.label_bound"
    with pytest.raises(Conflict) as caught:
        bound(session, firm, numbers[1], one)
    assert caught.value.code == "roll.container_has_label"
    assert rows.bound_codes(session, [code, "x"]) == {code: one.label_code}


def test_other_firms_numbers_do_not_count(session):
    firm, other = firms.enrolled(session, 1), firms.enrolled(session, 2)
    roll = roll_of(session, other)
    numbers = [label.code for label in roll.labels]
    [row] = firms.registered(session, firm, 100_000).containers
    with pytest.raises(Conflict) as caught:
        bound(session, firm, numbers[0], row)
    assert caught.value.code == "roll.other_firm"
    with pytest.raises(NotFound):
        bound(session, other, numbers[0], row)
    with pytest.raises(NotFound):
        label_lives.roll_detail(session, actor=firms.actor_of(firm), roll_id=roll.id)
    with pytest.raises(Forbidden):
        label_lives.hand_out(
            session, actor=firms.actor_of(firm), enterprise_id=firm.id, labels_wanted=1, now=firms.NOW
        )


def test_a_lost_roll_is_void_and_says_so(session):
    firm = firms.enrolled(session)
    roll = roll_of(session, firm)
    numbers = [label.code for label in roll.labels]
    one, two = firms.registered(session, firm, 100_000, 90_000).containers
    bound(session, firm, numbers[0], one)
    desk = firms.dispatcher(session)
    ending = {"actor": desk, "roll_id": roll.id, "version": None, "now": firms.NOW + timedelta(hours=1)}
    with pytest.raises(InvalidInput):
        label_lives.end_roll(session, outcome="lost", note="", **ending)
    label_lives.end_roll(session, outcome="lost", note="示例：途中遗失", **ending)
    after = label_lives.roll_detail(session, actor=desk, roll_id=roll.id)
    assert [label.state for label in after.labels] == ["bound", "void", "void"]
    life = label_lives.life_of(session, text=numbers[1])
    assert (life.state, life.roll_no) == ("roll_void", roll.roll_no)
    assert label_lives.life_of(session, text=numbers[0]).alive
    with pytest.raises(Conflict) as caught:
        bound(session, firm, numbers[1], two)
    assert caught.value.code == "roll.label_void"
    dead = rows.dead_labels(session, numbers)
    assert {each.kind for each in dead.values()} == {"roll_void"} and len(dead) == 2
    with pytest.raises(Conflict):
        label_lives.end_roll(session, outcome="returned", note="", **ending)
