"""What outsiders check us with: public addresses, the pages that explain them, and 503 after a rollback."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.firms import NOW
from tests.ledger import acts
from tests.ledger.logs import WITNESS
from tests.web.conftest import SignIn
from wastehub import config, ledger
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.ledger import integrating, notes, policies, proofs, receipts, sealing, tiles, transparency, tree
from wastehub.ledger.anchor import SOURCE, Refusal, WitnessState
from wastehub.ledger.checkpoints import TreeHead, in_base64, short_form
from wastehub.ledger.integrating import Checkpoint
from wastehub.ledger.transparency import Transparency

EVENT = UUID(int=7)


@pytest.fixture
def held(app: Flask) -> Transparency:
    made: Transparency = app.extensions["wastehub.transparency"]
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody in particular."""
    return app.test_client()


def log_some(database: Database, count: int, **changes: Any) -> None:
    events = [acts.act("policy.changed", subject=f"P{number}") for number in range(count)]
    with database.transaction() as session:
        ledger.append(session, [*events, acts.act("policy.changed", **changes)], now=NOW)


@pytest.fixture
def sealed(database: Database, held: Transparency) -> Checkpoint:
    """A log of some 600 entries, one of them with a known id."""
    log_some(database, 600, id=EVENT)
    made = held.seal(database, now=NOW)
    assert made is not None
    return made


def cosign(database: Database, made: Checkpoint) -> None:
    note = made.note + WITNESS.line(made.head.text(), at_s=int(NOW.timestamp()))
    (signature,) = notes.open_note(note, [WITNESS.key]).signatures
    with database.transaction() as session:
        integrating.keep_cosignature(session, made.size, signature, at=NOW)


@pytest.fixture
def witnessed(app: Flask, held: Transparency, database: Database, sealed: Checkpoint) -> Transparency:
    """The bureau has cosigned; one witness is the quorum."""
    text = f"witness 示例局 {WITNESS.key} http://localhost:1\nquorum 示例局\n"
    made = replace(held, policy=policies.parse(text.encode()))
    app.extensions["wastehub.transparency"] = made
    cosign(database, sealed)
    made.anchor.note_witness("示例局", WitnessState("cosigned", NOW))
    return made


# --- public addresses --------------------------------------------------------------------------------------


def test_before_the_first_checkpoint_there_is_nothing_to_show(client: FlaskClient) -> None:
    for path in ("checkpoint", "tile/0/000", f"receipt/{EVENT}.tlog-proof"):
        assert client.get(f"/ledger/{path}").status_code == 404


def test_everybody_may_read_the_checkpoint(
    client: FlaskClient, held: Transparency, sealed: Checkpoint
) -> None:
    answer = client.get("/ledger/checkpoint")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=2"
    opened = notes.open_note(answer.text, [held.log_signers[0].key])
    assert TreeHead.parse(opened.text) == sealed.head


def test_whoever_fetches_the_tiles_finds_the_signed_root(client: FlaskClient, sealed: Checkpoint) -> None:
    def fetched(level: int, index: int) -> list[bytes]:
        width = tiles.width_of(level, index, sealed.size)
        answer = client.get("/ledger/" + tiles.tile_path(level, index, width))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        return tiles.hashes_in(answer.data)

    assert proofs.root(sealed.size, tiles.reader_over(fetched)) == sealed.root


@pytest.mark.parametrize("path", ["0/003", "0/002", "0/000.p/256", "0/0", "1/000.p/3", "2/000", "9/x/y"])
def test_a_tile_that_is_not_there_is_not_found(client: FlaskClient, sealed: Checkpoint, path: str) -> None:
    assert client.get(f"/ledger/tile/{path}").status_code == 404


def test_entries_are_nobody_elses_business(client: FlaskClient, sealed: Checkpoint) -> None:
    assert client.get("/ledger/tile/entries/000").status_code == 404


def test_no_cookie_travels_with_what_caches_keep(sign_in: SignIn, sealed: Checkpoint) -> None:
    client = sign_in("regulator")
    for path in ("checkpoint", "tile/0/000", f"receipt/{EVENT}.tlog-proof"):
        answer = client.get(f"/ledger/{path}")
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers and "Vary" not in answer.headers
    assert "Set-Cookie" in client.get("/regulator/checkpoints").headers


def test_a_receipt_proves_the_entry_without_us(
    client: FlaskClient, database: Database, witnessed: Transparency
) -> None:
    answer = client.get(f"/ledger/receipt/{EVENT}.tlog-proof")
    made = receipts.Receipt.parse(answer.text)
    with database.reading() as session:
        (leaf,) = [e for e in ledger.entries_for(session, site=acts.FIRM) if e.event.id == EVENT]
        data = transparency.leaf_of(session, leaf.idx)
    policy = policies.parse(witnessed.policy_text().encode())
    assert receipts.check(made, data, policy).size > leaf.idx
    assert "attachment" in answer.headers["Content-Disposition"]


def test_an_unknown_event_has_no_receipt(client: FlaskClient, sealed: Checkpoint) -> None:
    assert client.get(f"/ledger/receipt/{UUID(int=8)}.tlog-proof").status_code == 404


# --- the API -----------------------------------------------------------------------------------------------


def test_the_api_lists_checkpoints_with_their_witnesses(sign_in: SignIn, witnessed: Transparency) -> None:
    client = sign_in("regulator")
    (row,) = client.get("/api/v1/ledger/checkpoints").json["checkpoints"]
    assert row["quorum_reached"] is True
    assert row["short"] == f"{row['size']} {row['root'][:16]}"
    assert [line["witness"] for line in row["cosignatures"]] == [str(WITNESS.key)]
    assert client.get(f"/api/v1/ledger/checkpoints?below_size={row['size']}").json["checkpoints"] == []


def test_the_api_gives_the_leaf_with_its_proof(sign_in: SignIn, sealed: Checkpoint) -> None:
    body = sign_in("regulator").get("/api/v1/ledger/entries/300/receipt").json
    assert receipts.Receipt.parse(body["tlog_proof"]).index == 300
    proof = [base64.b64decode(each) for each in body["proof"]]
    assert proofs.proves_inclusion(
        index=300,
        size=sealed.size,
        leaf_hash=tree.leaf_hash(body["leaf"].encode()),
        proof=proof,
        root=sealed.root,
    )


def test_an_entry_that_is_not_sealed_yet_says_so(
    sign_in: SignIn, database: Database, sealed: Checkpoint
) -> None:
    log_some(database, 0)
    answer = sign_in("regulator").get(f"/api/v1/ledger/entries/{sealed.size}/receipt")
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (409, "ledger.not_sealed_yet")


def test_a_firm_gets_no_proof_of_a_foreign_entry(sign_in: SignIn, sealed: Checkpoint) -> None:
    assert sign_in("dispatcher").get("/api/v1/ledger/entries/300/receipt").status_code == 404


# --- the pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_page_opens_with_nothing_to_show(sign_in: SignIn, locale: str) -> None:
    answer = sign_in("regulator", locale=locale).get("/regulator/checkpoints")
    assert answer.status_code == 200
    assert ("还没有登记见证方" if locale == "zh" else "No witness is registered yet") in answer.text


def test_the_page_says_who_witnessed_and_whether_that_is_enough(
    sign_in: SignIn, witnessed: Transparency, sealed: Checkpoint
) -> None:
    text = sign_in("regulator").get("/regulator/checkpoints").text
    for expected in ("示例局", "已见证", "已达到", short_form(sealed.size, sealed.root)):
        assert expected in text, expected


def test_without_the_witness_the_page_says_not_yet(
    app: Flask, sign_in: SignIn, held: Transparency, sealed: Checkpoint
) -> None:
    text = f"witness 示例局 {WITNESS.key} http://localhost:1\nquorum 示例局\n"
    app.extensions["wastehub.transparency"] = replace(held, policy=policies.parse(text.encode()))
    text = sign_in("regulator").get("/regulator/checkpoints").text
    assert "尚未达到" in text and "已达到" not in text and "尚未询问" in text


def test_a_checkpoint_has_a_page_with_its_code_and_its_predecessor(
    sign_in: SignIn, database: Database, held: Transparency, witnessed: Transparency, sealed: Checkpoint
) -> None:
    log_some(database, 3)
    newer = held.seal(database, now=NOW)
    assert newer is not None
    client = sign_in("regulator")
    text = client.get(f"/regulator/checkpoints/{newer.size}").text
    assert in_base64(newer.root).replace("+", "&#43;") in text or in_base64(newer.root) in text
    assert f"/regulator/checkpoints/{sealed.size}" in text
    assert "还没有见证方签名" in text
    assert "示例局" in client.get(f"/regulator/checkpoints/{sealed.size}").text
    assert client.get("/regulator/checkpoints/5").status_code == 404


def test_an_entry_s_page_offers_its_receipt(sign_in: SignIn, database: Database, sealed: Checkpoint) -> None:
    log_some(database, 0)
    client = sign_in("regulator")
    assert f"/ledger/receipt/{EVENT}.tlog-proof" in client.get(f"/regulator/ledger/{_index(database)}").text
    assert "数秒后封存" in client.get(f"/regulator/ledger/{sealed.size}").text


def _index(database: Database) -> int:
    with database.reading() as session:
        found = transparency.index_of(session, EVENT)
    assert found is not None
    return found


def test_the_list_of_checkpoints_can_be_taken_home(sign_in: SignIn, sealed: Checkpoint) -> None:
    answer = sign_in("regulator").get("/regulator/checkpoints?format=csv")
    assert answer.status_code == 200


# --- after a rollback --------------------------------------------------------------------------------------


CODES = [
    Refusal("ledger.rolled_back", {"size": 5, "anchored": 9}),
    Refusal("ledger.forked", {"anchored": 9}),
    Refusal("ledger.anchor_missing", {"size": 5}),
    Refusal("ledger.witness_ahead", {"witness": "示例局", "seen": "9"}),
    Refusal("ledger.witness_disagrees", {"witness": "示例局"}),
]


@pytest.mark.parametrize("refusal", CODES, ids=lambda refusal: refusal.code)
def test_every_write_answers_503_and_reading_goes_on(
    sign_in: SignIn, held: Transparency, refusal: Refusal
) -> None:
    client = sign_in("admin")
    held.anchor.note_refusal(SOURCE, refusal)
    form = client.post("/admin/users/new", data={"login": "x"})
    assert form.status_code == 503
    assert client.get("/admin/users").status_code == 200
    page = client.get("/regulator/checkpoints").text
    assert "账册与封存点不符" in page
    ready = client.get("/readyz").json["ledger"]
    assert ready == {"writable": False, "refusals": {SOURCE: refusal.code}}
    held.anchor.note_refusal(SOURCE, None)
    assert client.post("/admin/users/new", data={"login": "x"}).status_code != 503


def test_an_api_client_is_told_why(sign_in: SignIn, held: Transparency) -> None:
    client = sign_in("dispatcher")
    held.anchor.note_refusal(SOURCE, CODES[0])
    answer = client.post("/api/v1/lots", json={})
    assert answer.status_code == 503
    assert answer.json["errors"][0]["code"] == "ledger.rolled_back"
    assert "旧备份" in answer.json["detail"]


def test_damage_is_shown_but_work_goes_on(sign_in: SignIn, held: Transparency) -> None:
    client = sign_in("admin")
    held.anchor.note_refusal(SOURCE, Refusal("ledger.damaged", {"detail": "entry 5"}))
    assert client.post("/admin/users/new", data={"login": "x"}).status_code != 503
    assert "存储损坏" in client.get("/regulator/checkpoints").text


def test_a_web_server_of_an_old_copy_refuses_from_its_first_request(
    settings: config.Settings, database: Database, sealed: Checkpoint, held: Transparency, tmp_path: Path
) -> None:
    """As wsgi.py starts: the anchor says more than the database holds."""
    further = TreeHead(sealed.head.origin, sealed.size + 50, bytes(32))
    held.anchor.advance(sealed.head, notes.sign(further.text(), held.log_signers))
    again = create_app(settings, database, TESTING=True)
    refusal = sealing.check(database, again.extensions["wastehub.transparency"].anchor)
    assert refusal is not None and refusal.code == "ledger.rolled_back"
    assert again.test_client().get("/readyz").json["ledger"]["writable"] is False
