"""A chain with waste at every station, built once per worker and kind of database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.databases import KINDS, Databases
from tests.services import chain_world
from tests.services.chain_world import Chain


@pytest.fixture(scope="session", params=KINDS)
def chain(request: pytest.FixtureRequest, test_databases: Databases) -> Iterator[Chain]:
    """For looking at, and for acting inside `tale`, which leaves no trace."""
    for database in test_databases.lent(request.param, "reference"):
        yield chain_world.build(database)


@pytest.fixture
def tale(chain: Chain) -> Iterator[Session]:
    """A session on the chain; what the test does there is rolled back."""
    database = chain.database
    with database.engine.connect() as connection:
        outer = connection.begin()
        with Session(
            connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
            info={"signer": database.signer, "new_id": database.new_id},
        ) as opened:
            yield opened
        outer.rollback()
