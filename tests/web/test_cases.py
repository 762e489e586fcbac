"""Differences and corrections on their page: explained by who weighed, agreed by the other side."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.services import chain_world
from tests.services.chain_world import NOW, Chain
from tests.web.conftest import SignIn
from wastehub import ledger
from wastehub.db import Database
from wastehub.models.batches import Container


@pytest.fixture
def chain(app: Flask, database: Database, frozen_now: Any) -> Iterator[Chain]:
    frozen_now.now = NOW
    yield chain_world.build(database)


def desk(chain: Chain, database: Database, sign_in: SignIn) -> FlaskClient:
    with database.reading() as session:
        unit = chain_world.platform(session).organisation_id
    return sign_in("dispatcher", organisation_id=unit)


def keys_on(page: str) -> list[str]:
    return [html.unescape(key) for key in re.findall(r'name="case" value="([^"]+)"', page)]


def test_a_difference_is_explained_by_the_platform_that_weighed(
    chain: Chain, database: Database, sign_in: SignIn
) -> None:
    client = desk(chain, database, sign_in)
    page = client.get("/cases/").text
    missing, surplus = keys_on(page)
    assert "少 0.8 kg" in page and "多 1.0 kg" in page
    form = {"case": missing, "reason": "scale", "note": " ", "dialog": "case-1"}
    silent = client.post("/cases/resolve", data=form)
    assert silent.status_code == 422 and "说明" in silent.text, "the dialog opens again with its error"
    lost = client.post("/cases/resolve", data={"case": surplus, "reason": "loss", "note": "示例"})
    assert lost.status_code == 422 and "多出重量" in lost.text
    assert client.post("/cases/resolve", data=form | {"note": "示例:已检定"}).status_code == 302
    assert keys_on(client.get("/cases/").text) == [surplus]


def test_the_other_side_sees_a_difference_without_a_button(
    chain: Chain, database: Database, sign_in: SignIn
) -> None:
    page = sign_in("enterprise", organisation_id=chain.firms["differing"]).get("/cases/").text
    assert "少 0.8 kg" in page and keys_on(page) == []


def test_a_correction_is_proposed_and_agreed(chain: Chain, database: Database, sign_in: SignIn) -> None:
    client = desk(chain, database, sign_in)
    container_id = chain.containers["differing"][1]
    path = f"/cases/corrections/{container_id}"
    wrong = client.post(path, data={"proposed_kg": "heavy", "reason": "示例"})
    assert wrong.status_code == 422
    assert client.post(path, data={"proposed_kg": "150.2", "reason": "示例:皮重"}).status_code == 302
    assert "待对方确认" in client.get("/cases/").text
    firm = sign_in("enterprise", organisation_id=chain.firms["differing"])
    page = firm.get("/cases/").text
    [agree] = re.findall(r'action="(/cases/corrections/[^"]+/agree)"', page)
    assert firm.post(agree, data={"version": "999"}).status_code == 409
    assert firm.post(agree, data={"version": "1"}).status_code == 302
    assert "已生效" in firm.get("/cases/").text
    with database.reading() as session:
        assert session.get_one(Container, container_id).mass_g == 150_200
        assert ledger.verify(session).ok
