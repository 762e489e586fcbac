"""A container without a label at the gate: the crew binds a number of a roll to it and loads it (F23)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import PHONE, fits
from tests.browser.phone import sign_in
from tests.services import driving_world
from tests.services.driving_world import at
from tests.web.driving import crewed
from wastehub import clock, config
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.domain import roll_codes
from wastehub.domain.actors import Actor
from wastehub.models.batches import Container
from wastehub.models.label_lives import RollLabel
from wastehub.services import label_lives


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def prepared(database: Database, on: driving_world.Road) -> str:
    """The first stop's first container has no label, its firm holds a roll: the roll's first number."""
    with database.transaction() as session:
        code = on.labels(on.stops()[0])[0]
        row = session.scalars(select(Container).where(Container.label_code == code)).one()
        row.state, row.prints = "registered", 0
        firm = on.stops()[0].request.enterprise_id
        desk = Actor(author="user:p", role="dispatcher", organisation_id=on.driver.organisation_id)
        roll = label_lives.hand_out(session, actor=desk, enterprise_id=firm, labels_wanted=1, now=at(6))
        made = session.scalars(select(RollLabel.code).where(RollLabel.roll_id == roll.id)).one()
        return str(made)


def test_a_number_of_a_roll_is_bound_at_the_gate(
    database: Database,
    serve: Any,
    new_page: Callable[..., Page],
    screenshot: Callable[..., None],
    check_accessibility: Callable[[Page], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now_utc", lambda: at(9))
    on = driving_world.road(database, 1)
    crewed(database, on)
    number = roll_codes.grouped(prepared(database, on))
    on.start()
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})
    app = create_app(replace(read, secret_key="a secret"), database, TESTING=True, RATELIMIT_ENABLED=False)
    page = new_page(base_url=serve(app), viewport=PHONE)
    sign_in(page)
    stop = f"/driver/stops/{on.stops()[0].id}"
    page.goto(stop)
    row = page.locator("[data-containers] > li").first
    expect(row.get_by_text("还没有标签")).to_be_visible()
    row.get_by_role("button").click()
    expect(page.get_by_role("link", name="扫码装车")).to_be_hidden()
    page.get_by_role("link", name="绑定预印标签").click()
    page.wait_for_url("**#bind")
    screenshot(page, "driver/bind")
    check_accessibility(page)
    fits(page)
    # A mistyped number is refused in words, and nothing is bound.
    wrong = number[:-1] + ("2" if number[-1] != "2" else "3")
    page.locator("#roll-code").fill(wrong)
    page.get_by_role("button", name="绑定到这个容器").click()
    expect(page.locator("[data-screen=bind] [data-act-message]")).to_be_visible()
    screenshot(page, "driver/bind-refused")
    # As the camera tells it.
    page.evaluate(
        """text => document.querySelector('#roll-scanner').dispatchEvent(
             new CustomEvent('wh:scan', {detail: {text, source: 'camera', seal: ''}}))""",
        f"HTTPS://ANY.EXAMPLE/P/{number.replace('-', '')}",
    )
    expect(page.locator("#roll-code")).to_have_value(number)
    page.get_by_role("button", name="绑定到这个容器").click()
    expect(page.locator("[data-containers] > li").first.get_by_text("待扫码")).to_be_visible()
    with database.reading() as session:
        bound = session.scalars(select(RollLabel)).one()
        assert bound.state == "bound" and bound.container_id is not None
        assert session.get_one(Container, bound.container_id).state == "labelled"
    page.goto(stop + "?lang=en")
    screenshot(page, "driver/bound")
