"""The web application over a database of its own, and a signed-in client for each role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.firms import NOW, admin
from wastehub import clock, config
from wastehub.app import connect, create_app
from wastehub.db import Database
from wastehub.models.organisations import Organisation
from wastehub.models.users import User
from wastehub.services import accounts

PASSWORD = "a long test password"
SignIn = Callable[..., FlaskClient]


@pytest.fixture
def database_kind() -> str:
    """Pages behave alike on both databases; services are tested on both."""
    return "sqlite"


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is slow on purpose; tests sign in hundreds of times."""
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def settings(tmp_path: Path) -> config.Settings:
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path / "var")})
    return replace(read, secret_key="a secret of the tests")


@pytest.fixture
def frozen_now(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pages read this instant from the clock; assign `.now` to let time pass."""

    class Frozen:
        now = NOW

    monkeypatch.setattr(clock, "now_utc", lambda: Frozen.now)
    return Frozen


@pytest.fixture(scope="session")
def one_app(tmp_path_factory: pytest.TempPathFactory, test_databases: Any) -> Flask:
    """One application for all tests of a worker: routes and compiled templates are the same for each."""
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path_factory.mktemp("app"))})
    settings = replace(read, secret_key="a secret of the tests")
    none_yet = test_databases.shared("sqlite")
    return create_app(settings, none_yet, TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)


@pytest.fixture
def app(one_app: Flask, settings: config.Settings, database: Database, frozen_now: Any) -> Iterator[Flask]:
    """The application over this test's database and files; what a test changes about it is undone."""
    config_before, extensions_before = dict(one_app.config), dict(one_app.extensions)
    connect(one_app, settings, database)
    yield one_app
    for now, before in ((one_app.config, config_before), (one_app.extensions, extensions_before)):
        now.clear()
        now.update(before)


def add_user(
    database: Database,
    role: str,
    *,
    login: str | None = None,
    organisation_id: UUID | None = None,
    county_code: str | None = None,
) -> User:
    with database.transaction() as session:
        return accounts.create_user(
            session,
            actor=admin(),
            login=login or f"{role}-tester",
            display_name=f"示例{role}",
            password=PASSWORD,
            role=role,
            organisation_id=organisation_id,
            county_code=county_code,
            now=NOW,
        )


@pytest.fixture
def sign_in(app: Flask, database: Database) -> SignIn:
    """sign_in("dispatcher", organisation_id=...) -> a client with that person's session."""

    def act(role: str, *, locale: str = "zh", **person: Any) -> FlaskClient:
        if role in accounts.BOUND_TO_A_UNIT and "organisation_id" not in person:
            kind = {"enterprise": "enterprise", "plant": "plant"}.get(role, "platform")
            with database.reading() as session:
                query = select(Organisation.id).where(Organisation.kind == kind).order_by(Organisation.code)
                person["organisation_id"] = session.scalars(query).first()
        user = add_user(database, role, **person)
        client = app.test_client()
        answer = client.post("/sign-in", data={"login": user.login, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        client.post("/locale", data={"locale": locale})
        return client

    return act
