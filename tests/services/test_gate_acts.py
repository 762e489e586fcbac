"""What a phone signed at the gate and sends: confirmations and agreed changes, beside its scans."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.services.driving_world import at, started
from tests.services.phones import Phone, load, phone_of
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.models.handing_over import AgreedChange, HandOver
from wastehub.services import handing_over


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def sent(phone: Phone, hour: float = 10) -> list[tuple[str, str]]:
    """The answers to everything the phone holds."""
    return [(each.outcome, each.code) for each in phone.send(hour=hour)]


def rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(select(table)))


def test_an_agreed_change_the_load_and_the_signature_arrive_in_one_upload(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    [stop], [label] = on.stops(), on.labels()
    change = {
        "stop_id": str(stop.id),
        "container_id": str(on.container(label).id),
        "what": "amount",
        "mass_g": 120_000,
        "firm_name": "示例联系人",
        "firm_role": "guard",
        "reason": "part_stays",
    }
    place = {"lon_e6": 120_700_000, "lat_e6": 30_700_000, "accuracy_m": 9, "at": "2026-03-17T00:59:00.000Z"}
    phone.do("change_agreed", change)
    phone.do("load", load(on, label, measured_g=120_000))
    glass = {"stop_id": str(stop.id), "way": "glass", "name": "示例签字人", "photo_sha256": "7" * 64}
    phone.do("hand_over", glass, 9.1, place=place)
    phone.do("stop_close", {"stop_id": str(stop.id), "outcome": "done"}, 9.2)
    assert sent(phone) == [("accepted", "")] * 4
    [changed], [row] = rows(database, AgreedChange), rows(database, HandOver)
    assert (changed.after_g, changed.crew_name) == (120_000, "driver 示例")
    assert (row.mass_g, row.lon_e6, row.confirmed_at) == (120_000, 120_700_000, at(9.1))
    with database.reading() as session:
        kinds = [each.event.type for each in ledger.entries_for(session, label=label)]
        assert kinds[-3:] == ["mass.corrected", "container.loaded", "custody.confirmed"]
        [entry] = [e for e in ledger.entries_for(session, label=label) if e.event.id == row.id]
        assert entry.event.facts["device"] == str(phone.device_id)


def test_what_is_wrong_in_an_act_is_refused_with_its_field_and_leaves_no_trace(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    [stop], [label] = on.stops(), on.labels()
    here = {"stop_id": str(stop.id)}
    phone.do("load", load(on, label))
    phone.do("hand_over", here | {"way": "fax"})
    phone.do("hand_over", here | {"way": "glass", "name": "示例", "photo_sha256": "7" * 63})
    phone.do("hand_over", here | {"way": "glass", "photo_sha256": "7" * 64})
    phone.do("hand_over", {"way": "glass"})
    phone.do("change_agreed", here | {"container_id": str(on.container(label).id), "what": "waste_code"})
    answers = phone.send()
    assert [each.outcome for each in answers] == ["accepted", *["refused"] * 5]
    assert [each.field for each in answers[1:5]] == ["way", "photo_sha256", "name", "stop_id"]
    assert answers[5].code == "change.what_unknown"
    assert rows(database, HandOver) == [] and rows(database, AgreedChange) == []


def test_guessing_codes_ends(database: Database) -> None:
    on = started(database, 1)
    phone = phone_of(on)
    [stop], [label] = on.stops(), on.labels()
    firm = Actor("user:firm", "enterprise", organisation_id=on.request(stop).enterprise_id)
    with database.transaction() as session:
        right = handing_over.show_code(session, actor=firm, request_id=stop.request_id, now=at(9)).code
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    phone.do("load", load(on, label))
    for minute in range(5):
        phone.do("hand_over", {"stop_id": str(stop.id), "way": "code", "code": wrong}, 9.01 + minute / 60)
    phone.do("hand_over", {"stop_id": str(stop.id), "way": "code", "code": right}, 9.1)
    assert [code for _outcome, code in sent(phone)] == [
        "",
        *["hand_over.code_wrong"] * 5,
        "hand_over.code_locked",
    ]
    # An hour later it may try again, and the code of that time is another one.
    with database.transaction() as session:
        later = handing_over.show_code(session, actor=firm, request_id=stop.request_id, now=at(10.2)).code
    phone.do("hand_over", {"stop_id": str(stop.id), "way": "code", "code": later}, 10.25)
    assert sent(phone, 10.3)[-1] == ("accepted", "")
