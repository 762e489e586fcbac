"""Labels that phones scan, judged again by our own keys: an altered one is refused in any case."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from tests.services import driving_world
from tests.services.driving_world import at
from tests.web import driving
from tests.web.conftest import PASSWORD, SignIn
from wastehub.db import Database
from wastehub.ledger.signing import Signer
from wastehub.models.problems import Problem
from wastehub.services.label_keys import Sealer
from wastehub.web import label_sealing

_sequence = itertools.count(1)


@pytest.fixture
def on(database: Database, frozen_now: Any) -> driving_world.Road:
    frozen_now.now = at(9)
    return driving_world.started(database, 1)


@pytest.fixture
def phone(app: Flask, on: driving_world.Road, database: Database) -> Any:
    driving.crewed(database, on)
    client = app.test_client()
    assert client.post("/sign-in", data={"login": "driver-1", "password": PASSWORD}).status_code == 302
    return client


@pytest.fixture
def label(on: driving_world.Road) -> str:
    return on.labels()[0]


@pytest.fixture
def link(app: Flask, database: Database, label: str) -> str:
    """What the QR code of the label says, its key published."""
    with app.test_request_context():
        label_sealing.announced(label_sealing.sealer(), database)
        return label_sealing.payload(label)


def scanned(phone: Any, on: driving_world.Road, text: str, **changes: Any) -> dict[str, Any]:
    report = {
        "scan_id": str(uuid4()),
        "device_id": "phone-1",
        "device_seq": next(_sequence),
        "round_id": str(on.round_id),
        "stop_id": str(on.stops()[0].id),
        "kind": "load",
        "label_code": text,
        "measured_g": 150_000,
        "scanned_at": at(8.9).isoformat(),
    } | changes
    answer = phone.post("/api/v1/scans", json={"scans": [report]})
    assert answer.status_code == 200, answer.text
    [verdict] = answer.get_json()["verdicts"]
    return dict(verdict)


def altered(link: str) -> str:
    """The last digit of the seal is another one."""
    return link[:-1] + str((int(link[-1]) + 1) % 10)


@pytest.mark.parametrize("word", ["genuine", ""])
def test_an_altered_seal_does_not_load_whatever_the_phone_says(
    phone: Any, on: driving_world.Road, label: str, link: str, word: str
) -> None:
    verdict = scanned(phone, on, altered(link), seal=word)
    assert (verdict["outcome"], verdict["code"]) == ("refused", "scan.label_forged")
    assert "不能装车" in verdict["message"] and "打印新标签" in verdict["message"]
    assert on.container(label).state == "labelled"


def test_another_code_under_a_genuine_seal_does_not_load_and_the_office_sees_it(
    phone: Any, on: driving_world.Road, label: str, link: str, sign_in: SignIn, database: Database
) -> None:
    swapped = link.replace(label, label[:-3] + "999")
    assert scanned(phone, on, swapped)["code"] == "scan.label_forged"
    office = sign_in("regulator")
    assert "标签可疑或已失效" in office.get("/problems").text
    with database.reading() as session:
        row = session.scalars(select(Problem)).one()
    page = office.get(f"/problems/{row.id}")
    assert "司机扫码发现伪造标签" in page.text and "签名与编码不符，没有装车" in page.text
    english = office.get(f"/problems/{row.id}", headers={"Accept-Language": "en"})
    assert english.status_code == 200


def test_a_genuine_seal_loads_even_when_the_phone_mistook_it(
    phone: Any, on: driving_world.Road, label: str, link: str
) -> None:
    verdict = scanned(phone, on, link, seal="forged")
    assert (verdict["outcome"], verdict["warnings"]) == ("accepted", [])
    assert on.container(label).state == "loaded"


def test_the_phones_word_counts_where_only_the_code_came(
    phone: Any, on: driving_world.Road, label: str
) -> None:
    assert scanned(phone, on, label, seal="forged")["code"] == "scan.label_forged"
    assert on.container(label).state == "labelled"
    verdict = scanned(phone, on, label, seal="key_unknown")
    assert verdict["outcome"] == "accepted"
    [flag] = verdict["warnings"]
    assert flag["code"] == "scan.label_doubtful" and "存疑" in flag["message"]


def test_a_key_that_nobody_published_loads_with_a_flag(
    phone: Any, on: driving_world.Road, label: str, link: str
) -> None:
    stranger = Sealer(Signer.from_seed(b"s" * 32), "elsewhere/ledger")
    text = stranger.payload(link.split("/C/")[0], label)
    verdict = scanned(phone, on, text, seal="key_unknown")
    assert verdict["outcome"] == "accepted"
    assert [flag["code"] for flag in verdict["warnings"]] == ["scan.label_doubtful"]


@pytest.mark.parametrize("bare", [True, False])
def test_an_old_label_without_a_seal_loads_as_ever(
    phone: Any, on: driving_world.Road, label: str, link: str, bare: bool
) -> None:
    text = label if bare else link.rpartition("/")[0]
    verdict = scanned(phone, on, text, seal="unsigned")
    assert (verdict["outcome"], verdict["warnings"]) == ("accepted", [])


def test_a_word_that_is_no_judgement_is_refused(phone: Any, on: driving_world.Road, label: str) -> None:
    report = {
        "scan_id": str(uuid4()), "device_id": "phone-1", "device_seq": next(_sequence), "kind": "load",
        "round_id": str(on.round_id), "label_code": label, "measured_g": 150_000,
        "scanned_at": at(8.9).isoformat(), "seal": "perfect",
    }  # fmt: skip
    assert phone.post("/api/v1/scans", json={"scans": [report]}).status_code == 422
    assert on.container(label).state == "labelled"
