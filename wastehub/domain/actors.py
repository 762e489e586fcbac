"""Who acts: the plain values a rule needs to know about a person."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from . import roles
from .errors import NotFound


@dataclass(frozen=True)
class Actor:
    """A signed-in person, or a device or job on somebody's behalf.

    `author` is the pseudonym that stands in the ledger; names never do.
    """

    author: str
    role: str
    user_id: UUID | None = None
    organisation_id: UUID | None = None
    county_code: str | None = None

    def require(self, action: str) -> None:
        """Raises Forbidden unless this role may do `action` (see domain/roles)."""
        roles.require(self.role, action)

    def require_own(self, *organisation_ids: UUID | None) -> None:
        """Raises NotFound unless one of the units is the actor's own.

        Not Forbidden: a stranger does not even learn that the object exists.
        """
        if self.role == "admin":
            return
        if self.organisation_id is None or self.organisation_id not in organisation_ids:
            raise NotFound("object.not_found")
