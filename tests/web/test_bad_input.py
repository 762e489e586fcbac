"""Hostile, broken, late and doubled requests: a clear answer in the reader's language, nothing half-done."""

from __future__ import annotations

import io
import json
import time
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import func, select

from tests.web.conftest import SignIn
from wastehub.db import Database
from wastehub.models.users import User

NEW_USER = {
    "login": "office-1",
    "display_name": "示例",
    "password": "long enough secret",
    "role": "regulator",
}


def people(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(User)) or 0


def test_broken_json_is_400_with_a_problem_document(sign_in: SignIn) -> None:
    answer = sign_in("dispatcher").post(
        "/api/v1/cases/resolve", data=b'{"case": ', content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert "JSON" in answer.get_json()["detail"]


def test_a_missing_field_is_named(sign_in: SignIn) -> None:
    answer = sign_in("dispatcher").post("/api/v1/cases/resolve", json={"reason": "scale"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == ["case"]


def test_unknown_fields_are_refused_not_ignored(sign_in: SignIn) -> None:
    body = {"case": "x", "reason": "scale", "surprise": 1}
    answer = sign_in("dispatcher").post("/api/v1/cases/resolve", json=body)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "surprise"


def test_the_api_answers_in_the_readers_language(sign_in: SignIn) -> None:
    chinese = sign_in("regulator").get("/api/v1/ledger/entries/999999").get_json()
    assert "没有找到" in chinese["detail"]
    english = sign_in("admin", locale="en").get("/api/v1/ledger/entries/999999").get_json()
    assert "no such record" in english["detail"]


def test_the_api_without_sign_in_is_401(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/counties")
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


SCAN = (
    '{"scans":[{"scan_id":"01950000-0000-7000-8000-000000000001","device_id":"d","device_seq":1,'
    '"round_id":"01950000-0000-7000-8000-000000000002","kind":"load","label_code":"x",'
    '"scanned_at":"2026-03-02T08:00:00Z","measured_g":%s}]}'
)
HOSTILE_JSON = {
    "a hundred thousand brackets": "[" * 100_000,
    "closed again": '{"scans":' + "[" * 50_000 + "]" * 50_000 + "}",
    "a float": SCAN % "1.5",
    "not a number": SCAN % "NaN",
    "a number of a thousand digits": SCAN % ("9" * 1_000),
    "a number of ten thousand digits": SCAN % ("9" * 10_000),
    "beyond 2**53": SCAN % (2**53 + 1),
    "a million labels": '{"scans":[' + ",".join(["{}"] * 1_000_000) + "]}",
    "bytes that are no text": "\udcff\udcfe",
    "a lone surrogate": (SCAN % 1).replace('"x"', '"\\ud800"'),
}


def test_hostile_json_is_refused_with_a_problem_document(sign_in: SignIn) -> None:
    """Fault case F14 of the ledger at its door."""
    client = sign_in("driver")
    for name, body in HOSTILE_JSON.items():
        begun = time.process_time()
        data = body.encode(errors="surrogateescape")
        answer = client.post("/api/v1/scans", data=data, content_type="application/json")
        assert 400 <= answer.status_code < 500, f"{name}: {answer.text[:500]}"
        assert answer.content_type == "application/problem+json", name
        assert time.process_time() - begun < 5, name


def test_the_largest_honest_body_is_read(sign_in: SignIn) -> None:
    """500 batches of 60 containers pass the door; only their content is judged."""
    batch = {"waste_code": "x", "form": "x", "produced_on": "2026-03-02", "internal_name": "示例" * 30}
    container = {"container_type": "STEEL200", "mass_g": 123_456}
    body = {"batches": [batch | {"containers": [container] * 60}] * 500}
    answer = sign_in("dispatcher").post("/api/v1/batches", json=body)
    assert answer.status_code in (403, 422), answer.text[:300]


def test_an_upload_beyond_the_limit_is_413_and_says_what_to_do(app: Flask, sign_in: SignIn) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1_000
    client = sign_in("admin")
    answer = client.post("/admin/users/new", data=NEW_USER | {"file": (io.BytesIO(b"x" * 5_000), "a.jpg")})
    assert answer.status_code == 413
    assert "过大" in answer.text


def test_a_form_sent_after_the_session_ended_says_that_nothing_was_submitted(
    app: Flask, database: Database
) -> None:
    before = people(database)
    client = app.test_client()
    answer = client.post("/admin/users/new", data=NEW_USER)
    assert answer.status_code == 302
    assert "没有提交" in client.get(answer.location).text
    assert people(database) == before


def test_a_doubled_submit_acts_once_and_gets_the_same_answer(database: Database, sign_in: SignIn) -> None:
    client = sign_in("admin")
    before = people(database)
    form = NEW_USER | {"idempotency_key": str(uuid4())}
    first, second = (client.post("/admin/users/new", data=form) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.location == second.location
    assert people(database) == before + 1


def test_one_key_for_two_contents_is_refused(database: Database, sign_in: SignIn) -> None:
    client = sign_in("admin")
    key = str(uuid4())
    client.post("/admin/users/new", data=NEW_USER | {"idempotency_key": key})
    before = people(database)
    answer = client.post("/admin/users/new", data=NEW_USER | {"login": "office-2", "idempotency_key": key})
    assert answer.status_code == 422
    assert people(database) == before


def test_a_refused_submit_does_not_use_up_its_key(database: Database, sign_in: SignIn) -> None:
    client = sign_in("admin")
    key = str(uuid4())
    wrong = client.post("/admin/users/new", data=NEW_USER | {"password": "short", "idempotency_key": key})
    assert wrong.status_code == 422
    assert client.post("/admin/users/new", data=NEW_USER | {"idempotency_key": key}).status_code == 302


def test_the_anti_forgery_token_is_asked_for(app: Flask, sign_in: SignIn) -> None:
    client = sign_in("admin")
    app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post("/admin/users/new", data=NEW_USER)
    assert answer.status_code == 400
    assert "安全校验" in answer.text


def test_the_api_description_is_served_and_says_3_1(sign_in: SignIn) -> None:
    description: dict[str, Any] = json.loads(sign_in("admin").get("/api/openapi.json").text)
    assert description["openapi"] == "3.1.0"
    assert "/api/v1/ledger/entries" in description["paths"]
