"""Whose statutory forms a person may see or file."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models.filings import delegation_in_force
from ...models.organisations import Organisation


def own_unit(session: Session, actor: Actor, action: str) -> Organisation:
    """The actor's own unit. Raises Forbidden, NotFound."""
    actor.require(action)
    unit = session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    if unit is None:
        raise NotFound("object.not_found")
    return unit


def unit(session: Session, actor: Actor, action: str, organisation_id: UUID | None) -> Organisation:
    """A unit whose forms the actor may see or, by the action, file: the own one when none is named.

    A collector reaches the firms that let it declare for them (HJ 1259-2022, 7.1.3), supervision the units of
    its county. Raises Forbidden, NotFound: strangers do not learn that there is such a unit.
    """
    actor.require(action)
    wanted = organisation_id or actor.organisation_id
    found = session.get(Organisation, wanted) if wanted else None
    if found is None or found.kind == "authority" or not _reaches(session, actor, found):
        raise NotFound("object.not_found", field="organisation_id")
    return found


def _reaches(session: Session, actor: Actor, found: Organisation) -> bool:
    if actor.role == "regulator":
        return actor.county_code is None or actor.county_code == found.county_code
    if found.id == actor.organisation_id:
        return True
    if actor.role != "dispatcher" or found.kind != "enterprise":
        return False
    delegation = delegation_in_force(session, enterprise_id=found.id)
    return delegation is not None and delegation.platform_id == actor.organisation_id


def class_of(found: Organisation) -> str:
    """The management class 管理类别: who holds a licence is a key unit (HJ 1259-2022, 4.2)."""
    return found.management_class if found.kind == "enterprise" else "key"
