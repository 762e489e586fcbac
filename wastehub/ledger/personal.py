"""Personal values outside the leaves: bound by salted commitments, kept in a table that can be erased."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from wastehub.db import new_id

from . import canonical
from .events import Event
from .rows import Rows
from .store import PrivateBlobRow


class PersonalValues:
    """The personal values of the events of one append."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[bytes, dict[str, Any]] = {}
        self._by_event: dict[UUID, dict[str, str]] = {}

    def commit(self, event: Event) -> dict[str, str]:
        """Name -> base64 of the commitment to the value, for the leaf."""
        made: dict[str, str] = {}
        for name, value in event.personal.items():
            canonical.clean({name: value}, path="personal")
            value = canonical.clean_text(value)
            salt = self._salt(event.at)
            commitment = canonical.commitment(salt, value)
            self._rows[commitment] = {"commitment": commitment, "salt": salt, "value": value}
            made[name] = base64.b64encode(commitment).decode()
        if made and event.id is not None:
            self._by_event[event.id] = made
        return made

    def _salt(self, at: datetime) -> bytes:
        # Two version-7 ids carry 148 bits of chance: more than the 128 that a salt keeps.
        chance = new_id(self._session, at).bytes + new_id(self._session, at).bytes
        return hashlib.sha256(chance).digest()[:16]

    def commitments(self, event_id: UUID) -> Mapping[str, str]:
        return self._by_event.get(event_id, {})

    def open_to(self, personal: Mapping[str, str], commitments: Mapping[str, str]) -> bool:
        """Do these values open those commitments? An erased one can no longer be compared: equal."""
        if personal.keys() != commitments.keys():
            return False
        for name, value in personal.items():
            commitment = base64.b64decode(commitments[name])
            salt = self._salt_of(commitment)
            if salt is not None and canonical.commitment(salt, canonical.clean_text(value)) != commitment:
                return False
        return True

    def _salt_of(self, commitment: bytes) -> bytes | None:
        row = self._rows.get(commitment)
        if row is not None:
            return bytes(row["salt"])
        return self._session.scalar(
            select(PrivateBlobRow.salt).where(PrivateBlobRow.commitment == commitment)
        )

    def save(self, rows: Rows) -> None:
        rows.insert(PrivateBlobRow, list(self._rows.values()))
