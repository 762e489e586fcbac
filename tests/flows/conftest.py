"""The town in which the stories happen: the whole application, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from tests.databases import KINDS
from tests.flows.story import Town
from tests.web.conftest import cheap_passwords, frozen_now  # noqa: F401  (fixtures)
from wastehub import config
from wastehub.app import create_app
from wastehub.db import Database


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory, test_databases: Any) -> Flask:
    """One application for all stories: its routes and compiled templates do not depend on the town."""
    read = config.from_environment({"WASTEHUB_VAR": str(tmp_path_factory.mktemp("town"))})
    settings = replace(read, secret_key="a secret of the tests")
    none_yet = test_databases.shared("sqlite")
    made = create_app(settings, none_yet, TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    # The worker is the story itself (story.the_worker_plans); a run's id only has to be taken.
    made.extensions["wastehub.enqueue_planning"] = lambda run_id: None
    return made


@pytest.fixture
def town(application: Flask, database: Database, frozen_now: Any) -> Town:  # noqa: F811
    """Monday, 16 March 2026, ten o'clock: seven platforms, their vehicles and crews, no firm yet."""
    application.extensions["wastehub.database"] = database
    return Town(application, database, frozen_now)
