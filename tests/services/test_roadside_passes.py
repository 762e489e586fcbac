"""A roadside link is of one load: the database itself refuses none and two, on both databases."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from tests.firms import NOW
from wastehub.db import Database
from wastehub.models.roadside import RoadsidePass


@pytest.mark.parametrize(("round_id", "lot_id"), [(None, None), (uuid4(), uuid4())])
def test_a_link_is_of_a_round_or_of_a_lot(
    database: Database, round_id: UUID | None, lot_id: UUID | None
) -> None:
    until = NOW + timedelta(minutes=30)
    made = RoadsidePass(
        id=uuid4(), round_id=round_id, lot_id=lot_id, shown_by="user:x", shown_at=NOW, expires_at=until
    )
    with pytest.raises(IntegrityError, match="one_load"), database.transaction() as session:
        session.add(made)
