"""Evidence for supervision: a page and an address that give one file."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.firms import NOW
from tests.ledger.bundles import verify
from tests.ledger.logs import whole_way
from tests.web.conftest import SignIn
from wastehub.db import Database
from wastehub.ledger.transparency import Transparency
from wastehub.models.organisations import Organisation
from wastehub.services.audits import evidence


@pytest.fixture
def held(app: Flask) -> Transparency:
    made: Transparency = app.extensions["wastehub.transparency"]
    return made


@pytest.fixture
def sealed(database: Database, held: Transparency) -> None:
    whole_way(database)
    held.seal(database, now=NOW)


@pytest.fixture
def regulator(sign_in: SignIn) -> FlaskClient:
    return sign_in("regulator")


@pytest.mark.usefixtures("sealed")
def test_the_file_of_the_page_verifies(regulator: FlaskClient, held: Transparency, tmp_path: Path) -> None:
    answer = regulator.get("/evidence/file?kind=all&form=bundle", buffered=True)
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    assert "wastehub-bundle-all-" in answer.headers["Content-Disposition"]
    path = tmp_path / "b.zip"
    path.write_bytes(answer.data)
    assert verify(path, policy=held.policy_text()).code == 0


@pytest.mark.usefixtures("sealed")
def test_the_api_gives_the_same_bytes(regulator: FlaskClient) -> None:
    page = regulator.get("/evidence/file?kind=site&name=plat:JX-P01&form=bundle", buffered=True)
    api = regulator.get("/api/v1/ledger/export?scope=site:plat:JX-P01", buffered=True)
    assert api.status_code == 200
    assert api.data == page.data


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(("form", "start"), [("csv", b"\xef\xbb\xbfidx,"), ("epcis", b'{"@context"'),
                                             ("hj1259", b"PK")])  # fmt: skip
def test_other_forms_are_given_too(regulator: FlaskClient, form: str, start: bytes) -> None:
    answer = regulator.get(f"/evidence/file?kind=all&form={form}", buffered=True)
    assert answer.status_code == 200
    assert answer.data.startswith(start)


@pytest.mark.usefixtures("sealed")
def test_an_unknown_scope_brings_the_form_back_with_a_sentence(regulator: FlaskClient) -> None:
    answer = regulator.get("/evidence/file?kind=firm&name=91330000000000000X")
    assert answer.status_code == 404
    text = answer.text
    assert "已封存的账册中没有“firm:91330000000000000X”的记录" in text
    assert 'value="91330000000000000X"' in text
    assert regulator.get("/api/v1/ledger/export?scope=moon").json["type"].endswith("evidence.unknown_scope")
    assert regulator.get("/api/v1/ledger/export?form=pdf").status_code == 422


def test_nothing_is_given_before_the_ledger_is_sealed(regulator: FlaskClient, database: Database) -> None:
    whole_way(database)
    answer = regulator.get("/evidence/file?kind=all")
    assert answer.status_code == 409
    assert "还没有封存过" in answer.text


@pytest.mark.usefixtures("sealed")
def test_a_long_ledger_is_left_to_the_command_line(
    regulator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "ENTRIES_HERE_MAX", 3)
    answer = regulator.get("/evidence/file?kind=all")
    assert answer.status_code == 409
    assert "wastehub ledger export" in answer.text


def test_only_supervision_may_export(sign_in: SignIn) -> None:
    """An entry tells what several firms did together."""
    for role in ("driver", "dispatcher", "plant"):
        client = sign_in(role)
        for address in ("/evidence/", "/evidence/file?kind=all", "/api/v1/ledger/export"):
            assert client.get(address).status_code == 403


@pytest.mark.usefixtures("sealed")
def test_a_county_exports_its_own_units_only(sign_in: SignIn, database: Database) -> None:
    """The whole ledger and a period concern all counties."""
    with database.reading() as session:
        here, there = session.scalars(
            select(Organisation).where(Organisation.kind == "platform").order_by(Organisation.code)
        ).all()[:2]
    client = sign_in("regulator", county_code=here.county_code)
    for query, code in (
        ("kind=all", "全市各县"),
        ("kind=period&since=2026-03-01&until=2026-03-31", "全市各县"),
        (f"kind=site&name={there.site}", "不在您监管的区域内"),
        ("kind=batch&name=ent:示例甲/B1", "不在您监管的区域内"),
    ):
        answer = client.get(f"/evidence/file?{query}")
        assert (answer.status_code, code in answer.text) == (403, True), query
    assert client.get(f"/evidence/file?kind=site&name={here.site}", buffered=True).status_code == 200


def test_the_page_says_how_to_check_and_whom_to_trust(regulator: FlaskClient, held: Transparency) -> None:
    text = regulator.get("/evidence/?scope=batch:HWCS20260302001").text
    assert str(held.log_signers[0].key) in text.replace("&#43;", "+")
    assert 'value="HWCS20260302001"' in text
    assert "python3 wh_verify.py" in text
