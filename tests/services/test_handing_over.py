"""At the gate: the firm confirms, both change what was declared, codes and consents of the firm."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from tests.services.driving_world import DAY, Road, at, started
from tests.services.test_rounds import check_books
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation
from wastehub.models import reference
from wastehub.models.batches import Container
from wastehub.models.handing_over import AgreedChange, HandOver
from wastehub.models.organisations import Organisation
from wastehub.models.reference import LegalLimit
from wastehub.services import handing_over
from wastehub.services.handing_over import Confirmation, GateChange

PICTURE = "7" * 64


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def firm_of(on: Road, number: int = 0) -> Actor:
    stop = on.stops()[number]
    return Actor("user:firm", "enterprise", organisation_id=on.request(stop).enterprise_id)


def loaded(database: Database, firms: int = 1) -> Road:
    on = started(database, firms)
    on.scan(on.report(on.labels(on.stops()[0])[0]))
    return on


def confirm(on: Road, way: str = "glass", hour: float = 9.1, stop: int = 0, **changes: Any) -> HandOver:
    values: dict[str, Any] = {
        "actor": on.driver,
        "id": uuid4(),
        "stop_id": on.stops()[stop].id,
        "way": way,
        "at": at(hour),
    } | changes
    if way == "glass":
        values = {"name": "示例签字人", "photo_sha256": PICTURE} | values
    with on.database.transaction() as session:
        return handing_over.confirm(session, given=Confirmation(**values), now=at(hour + 0.01))


def code_shown(on: Road, hour: float = 9, **changes: Any) -> str:
    values = {"actor": firm_of(on), "request_id": on.stops()[0].request_id} | changes
    with on.database.transaction() as session:
        return handing_over.show_code(session, now=at(hour), **values).code


def refusal(kind: type[RuleViolation], act: Any, *things: Any, **options: Any) -> str:
    with pytest.raises(kind) as found:
        act(*things, **options)
    return str(found.value.code)


# -- confirming -------------------------------------------------------------------------------


def test_a_signature_on_glass_says_what_was_on_board(database: Database) -> None:
    on = loaded(database)
    row = confirm(on, lon_e6=120_700_000, lat_e6=30_750_000, accuracy_m=8)
    assert (row.way, row.person_name, row.containers, row.mass_g) == ("glass", "示例签字人", 1, 150_000)
    with database.reading() as session:
        [entry] = ledger.entries_for(session, subject=on.paper(on.stops()[0]).provisional_no)[-1:]
        assert (entry.event.type, entry.event.id) == ("custody.confirmed", row.id)
        assert entry.event.facts["photo_sha256"] == PICTURE
        # The name is personal: the entry binds it, and does not tell it.
        assert "示例签字人" not in str(entry.event.facts)
        assert ledger.verify(session).ok


def test_telling_the_same_again_changes_nothing(database: Database) -> None:
    on = loaded(database)
    key = uuid4()
    confirm(on, id=key)
    confirm(on, id=key, name="另一个名字")
    with database.reading() as session:
        [row] = session.scalars(select(HandOver))
        assert row.person_name == "示例签字人"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "hand_over.name_missing"),
        ({"name": "a\u202eb"}, "text.control_character"),
        ({"name": "长" * 41}, "text.too_long"),
        ({"photo_sha256": None}, "hand_over.signature_missing"),
        ({"way": "voice"}, "hand_over.way_unknown"),
    ],
)
def test_a_signature_needs_name_and_picture(database: Database, changes: dict[str, Any], code: str) -> None:
    on = loaded(database)
    given = {"way": "glass", "name": "示例", "photo_sha256": PICTURE} | changes
    assert refusal(InvalidInput, confirm, on, **given) == code


def test_there_is_something_to_confirm_or_nothing(database: Database) -> None:
    on = started(database, 1)
    assert refusal(Conflict, confirm, on) == "hand_over.nothing_loaded"
    on.close(on.stops()[0].id, "missed", "closed")
    assert refusal(Conflict, confirm, on) == "hand_over.stop_not_open"


def test_a_stranger_confirms_nothing(database: Database) -> None:
    on = loaded(database)
    stranger = Actor("user:other", "driver", organisation_id=uuid4())
    assert refusal(NotFound, confirm, on, actor=stranger) == "object.not_found"
    assert refusal(Forbidden, confirm, on, actor=firm_of(on)) == "access.role_forbidden"


def test_a_code_of_the_firms_page_confirms_once_and_for_a_while(database: Database) -> None:
    on = loaded(database)
    code = code_shown(on)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert refusal(InvalidInput, confirm, on, "code", code=wrong) == "hand_over.code_wrong"
    assert confirm(on, "code", code=code).code_id is not None
    assert refusal(Conflict, confirm, on, "code", code=code) == "hand_over.code_used"
    late = code_shown(on, hour=10)
    assert refusal(Conflict, confirm, on, "code", 10.5, code=late) == "hand_over.code_expired"
    assert refusal(Conflict, confirm, on, "code", 10.1, code=late, wrong_codes=5) == "hand_over.code_locked"


def test_a_code_typed_without_a_network_counts_by_its_own_time(database: Database) -> None:
    on = loaded(database)
    code = code_shown(on)
    on.close(on.stops()[0].id)
    with database.transaction() as session:
        given = Confirmation(on.driver, uuid4(), on.stops()[0].id, "code", at(9.1), code=code)
        assert handing_over.confirm(session, given=given, now=at(17)).confirmed_at == at(9.1)


def test_the_code_of_another_gate_is_wrong(database: Database) -> None:
    on = loaded(database, 2)
    other = on.stops()[1]
    code = code_shown(on, actor=firm_of(on, 1), request_id=other.request_id)
    assert refusal(InvalidInput, confirm, on, "code", code=code) == "hand_over.code_wrong"


def test_who_may_have_a_code_shown_and_when(database: Database) -> None:
    on = loaded(database, 2)
    assert refusal(NotFound, code_shown, on, actor=firm_of(on, 1)) == "object.not_found"
    assert refusal(Forbidden, code_shown, on, actor=on.driver) == "access.role_forbidden"
    assert refusal(NotFound, code_shown, on, request_id=uuid4()) == "object.not_found"
    on.close(on.stops()[0].id)
    assert refusal(Conflict, code_shown, on) == "hand_over.not_on_the_way"


def consent(on: Road, until_on: date = DAY + timedelta(days=30), hour: float = 7, **changes: Any) -> Any:
    values = {"actor": firm_of(on), "person_name": "示例负责人", "person_role": "厂长"} | changes
    with on.database.transaction() as session:
        return handing_over.give_consent(session, until_on=until_on, now=at(hour), **values)


def test_a_standing_consent_is_given_used_and_taken_back(database: Database) -> None:
    on = loaded(database)
    assert refusal(Conflict, confirm, on, "standing") == "hand_over.no_consent"
    given = consent(on)
    assert refusal(Conflict, consent, on) == "consent.in_force"
    assert confirm(on, "standing").consent_id == given.id
    with database.transaction() as session:
        handing_over.withdraw_consent(
            session, actor=firm_of(on), consent_id=given.id, version=given.version, now=at(10)
        )
    assert refusal(Conflict, confirm, on, "standing") == "hand_over.no_consent"
    again = consent(on, hour=11)
    with database.transaction() as session, pytest.raises(NotFound):
        stranger = Actor("user:x", "enterprise", organisation_id=uuid4())
        handing_over.withdraw_consent(session, actor=stranger, consent_id=again.id, version=None, now=at(11))
    with database.reading() as session:
        kinds = [each.event.type for each in ledger.entries_for(session, site=on_site(on))]
        assert kinds.count("consent.given") == 2 and kinds.count("consent.withdrawn") == 1
        assert len(handing_over.consents(session, actor=firm_of(on))) == 2


def on_site(on: Road) -> str:
    with on.database.reading() as session:
        return session.get_one(Organisation, firm_of(on).organisation_id).site


def test_a_consent_says_who_and_till_when(database: Database) -> None:
    on = loaded(database)
    assert refusal(InvalidInput, consent, on, DAY - timedelta(days=1)) == "consent.until_past"
    assert refusal(InvalidInput, consent, on, DAY + timedelta(days=366)) == "consent.too_long"
    assert refusal(InvalidInput, consent, on, person_name="") == "text.missing"
    assert refusal(Forbidden, consent, on, actor=on.driver) == "access.role_forbidden"


def test_leaving_without_a_confirmation_is_seen_with_its_reason(
    database: Database,
) -> None:
    on = loaded(database, 2)
    second = on.stops()[1]
    on.scan(on.report(on.labels(second)[0]))
    confirm(on)
    on.close(on.stops()[0].id)
    assert refusal(InvalidInput, on.close, second.id, reason="declined") == "reason.note_missing"
    assert refusal(InvalidInput, on.close, second.id, reason="closed") == "reason.unknown"
    assert on.close(second.id, reason="nobody_signs").outcome_reason == "nobody_signs"
    office = Actor("user:office", "dispatcher", organisation_id=on.driver.organisation_id)
    with database.reading() as session:
        [found] = handing_over.unconfirmed_stops(session, actor=office, since_on=DAY)
        assert found.stop.id == second.id
        assert handing_over.unconfirmed_stops(session, actor=office, since_on=DAY + timedelta(days=1)) == []
        other = Actor("user:elsewhere", "dispatcher", organisation_id=uuid4())
        assert handing_over.unconfirmed_stops(session, actor=other, since_on=DAY) == []


def test_where_a_confirmation_is_required_nobody_leaves_without(database: Database) -> None:
    on = loaded(database)
    with database.transaction() as session:
        changed = update(LegalLimit).where(LegalLimit.key == "hand_over_required").values(value_int=1)
        session.execute(changed)
    stop = on.stops()[0]
    assert refusal(Conflict, on.close, stop.id, reason="nobody_signs") == "stop.unconfirmed"
    confirm(on)
    assert on.close(stop.id).state == "done"


# -- changing ---------------------------------------------------------------------------------


def change(on: Road, what: str = "amount", hour: float = 9, **changes: Any) -> AgreedChange:
    stop = on.stops()[0]
    values: dict[str, Any] = {
        "actor": on.driver,
        "id": uuid4(),
        "stop_id": stop.id,
        "container_id": on.container(on.labels(stop)[0]).id,
        "what": what,
        "firm_name": "示例联系人",
        "firm_role": "contact",
        "reason": "declared_wrong",
        "at": at(hour),
    } | changes
    with on.database.transaction() as session:
        return handing_over.change_at_gate(session, change=GateChange(**values), now=at(hour))


def test_both_agree_on_another_amount_before_loading(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    before = on.container(label)
    made = change(on, mass_g=120_000)
    row = on.container(label)
    assert (made.before_g, made.after_g) == (before.declared_g, 120_000)
    assert (row.declared_g, row.mass_g, row.state) == (120_000, 120_000, "labelled")
    [line] = on.paper(on.stops()[0]).lines
    assert line.declared_g == 120_000
    # What is weighed now is compared with what both agreed on.
    [verdict] = on.scan(on.report(label, measured_g=120_000))
    assert (verdict.outcome, verdict.warnings) == ("accepted", ())
    on.close(on.stops()[0].id)
    with database.reading() as session:
        [entry] = [
            e.event for e in ledger.entries_for(session, label=label) if e.event.type == "mass.corrected"
        ]
        assert (entry.facts["agreed"], entry.facts["firm_role"]) == ("both", "contact")
        assert "示例联系人" not in str(entry.facts)
    check_books(database)


def test_the_same_change_told_twice_is_one(database: Database) -> None:
    on = started(database, 1)
    key = uuid4()
    change(on, id=key, mass_g=120_000)
    assert change(on, id=key, mass_g=120_000).after_g == 120_000
    with database.reading() as session:
        assert len(list(session.scalars(select(AgreedChange)))) == 1


def test_both_agree_on_another_packaging(database: Database) -> None:
    on = started(database, 1)
    [label] = on.labels()
    before = on.container(label).container_type
    with database.reading() as session:
        kinds = reference.container_types(session, DAY)
        other = next(
            code
            for code, kind in kinds.items()
            if code != before and kind.takes_liquid and kind.payload_max_g >= 200_000
        )
    made = change(on, "packaging", container_type=other, reason="damaged", photo_sha256=PICTURE)
    assert (made.before_type, made.after_type, on.container(label).container_type) == (before, other, other)
    [line] = on.paper(on.stops()[0]).lines
    assert line.packaging == f"{kinds[other].name_zh}×1"
    with database.reading() as session:
        assert "container.changed" in [each.event.type for each in ledger.entries_for(session, label=label)]
    check_books(database)


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"what": "waste_code", "mass_g": 1}, InvalidInput, "change.what_unknown"),
        ({"mass_g": 0}, InvalidInput, "mass.not_positive"),
        ({}, InvalidInput, "mass.not_positive"),
        ({"mass_g": 10**15}, InvalidInput, "mass.too_large"),
        ({"what": "packaging", "container_type": "NO_SUCH"}, InvalidInput, "change.packaging_unknown"),
        ({"mass_g": 120_000, "firm_name": ""}, InvalidInput, "text.missing"),
        ({"mass_g": 120_000, "firm_role": "stranger"}, InvalidInput, "change.role_unknown"),
        ({"mass_g": 120_000, "reason": ""}, InvalidInput, "reason.missing"),
        ({"mass_g": 120_000, "reason": "damaged"}, InvalidInput, "reason.photo_missing"),
        ({"mass_g": 120_000, "container_id": UUID(int=1)}, NotFound, "object.not_found"),
        ({"mass_g": 120_000, "stop_id": UUID(int=1)}, NotFound, "object.not_found"),
    ],
)
def test_what_is_no_change(database: Database, changes: dict[str, Any], kind: Any, code: str) -> None:
    on = started(database, 1)
    assert refusal(kind, change, on, **changes) == code
    with database.reading() as session:
        assert list(session.scalars(select(AgreedChange))) == []


def test_what_is_on_board_or_gone_is_not_changed(database: Database) -> None:
    on = loaded(database)
    assert refusal(Conflict, change, on, mass_g=120_000) == "change.loaded"
    on.scan(on.report(on.labels()[0], "unload_back"))
    assert change(on, mass_g=120_000).after_g == 120_000
    on.scan(on.report(on.labels()[0], measured_g=120_000))
    drum = on.container(on.labels()[0]).id
    on.close(on.stops()[0].id)
    assert refusal(Conflict, change, on, mass_g=130_000, container_id=drum) == "change.stop_not_open"
    check_books(database)


def test_the_neighbours_drum_is_not_changed_here(database: Database) -> None:
    on = started(database, 2)
    theirs = on.container(on.labels(on.stops()[1])[0]).id
    assert refusal(Conflict, change, on, mass_g=120_000, container_id=theirs) == "change.not_here"
    with database.reading() as session:
        assert session.get_one(Container, theirs).declared_g != 120_000


def test_gates_of_before_the_first_confirmation_are_no_matter_for_the_office(database: Database) -> None:
    on = loaded(database, 2)
    first, second = on.stops()
    office = Actor("user:office", "dispatcher", organisation_id=on.driver.organisation_id)
    on.close(first.id, hour=9.2)

    def followed_up() -> list[UUID]:
        with database.reading() as session:
            found = handing_over.unconfirmed_stops(session, actor=office, since_on=DAY)
            return [each.stop.id for each in found]

    assert followed_up() == []
    on.scan(on.report(on.labels(second)[0]), hour=9.4)
    confirm(on, stop=1, hour=9.5)
    assert followed_up() == []
    with database.reading() as session:
        known = handing_over.of_stops(session, actor=office, stop_ids=[first.id, second.id])
        assert [known[key].last is not None for key in (first.id, second.id)] == [False, True]
