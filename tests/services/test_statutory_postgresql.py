"""The statutory forms on PostgreSQL: the same figures, filed once, a file made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.services import statutory_world as story
from tests.services.test_statutory import GOLDEN, KINDS, filed, papers_of
from wastehub.db import Database
from wastehub.services import statutory


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.mark.long
def test_both_databases_tell_the_same(database: Database, tmp_path: Path) -> None:
    story.built(database)
    story.entered(database)
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for kind in KINDS:
        assert json.loads(json.dumps(papers_of(database, kind), default=str)) == expected[kind], kind
    assert filed(database).edition == 1

    def write(document: Any, form: str, file: Any, watch: Any) -> None:
        file.write(document.title.encode())

    with database.transaction() as session:
        actor = story.actor(database, "platform")
        run = statutory.request_export(
            session, actor=actor, kind="book", form="pdf", given={"year": "2026"}, now=story.APRIL
        )
    assert statutory.execute_export(
        database, run_id=run.id, folder=tmp_path, write=write, now=lambda: story.APRIL
    )
    with database.transaction() as session:
        later = story.NEXT_YEAR
        assert statutory.requeue_exports(session, now=later) == []
        assert statutory.purge_exports(session, folder=tmp_path, now=later) == 1
