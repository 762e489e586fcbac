"""A driver with a round of today, signed in. Plain functions over tests/services/driving_world."""

from __future__ import annotations

from uuid import UUID

from tests.services import driving_world
from tests.web.conftest import add_user
from wastehub.db import Database
from wastehub.models.vehicles import CrewMember


def crewed(
    database: Database, on: driving_world.Road, role_on_board: str = "driver", login: str = "driver-1"
) -> UUID:
    """The account of the round's driver (or escort), tied to the person in the crew."""
    user = add_user(database, "driver", login=login, organisation_id=on.driver.organisation_id)
    with database.transaction() as session:
        row = on.row(session)
        person = row.driver if role_on_board == "driver" else row.escort
        assert person is not None
        session.get_one(CrewMember, person.id).user_id = user.id
    return user.id
