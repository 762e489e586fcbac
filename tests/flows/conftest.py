"""The town in which the stories happen: the whole application, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.databases import KINDS
from tests.flows.story import Town
from tests.web.conftest import app, cheap_passwords, frozen_now, settings  # noqa: F401  (fixtures)
from wastehub.db import Database


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def town(app: Flask, database: Database, frozen_now: Any) -> Town:  # noqa: F811
    """Monday, 16 March 2026, ten o'clock: seven platforms, their vehicles and crews, no firm yet."""
    # The worker is the story itself (story.the_worker_plans); a run's id only has to be taken.
    app.extensions["wastehub.enqueue_planning"] = lambda run_id: None
    return Town(app, database, frozen_now)
