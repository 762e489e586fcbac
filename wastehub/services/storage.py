"""Put-away: which zone a container stands in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from .. import ledger
from ..domain import storage_zones
from ..domain.actors import Actor
from ..domain.errors import Conflict, NotFound
from ..domain.storage_zones import ZoneFacts
from ..models import batches, organisations, reference, stores
from ..models.batches import Container, batch_key

MOVABLE = ("stored", "at_plant")


@dataclass(frozen=True)
class Move:
    """Put a container into a zone; `zone_id` None: the zone the rules suggest."""

    actor: Actor
    container_id: UUID
    zone_id: UUID | None = None


def put_away(session: Session, *, moves: Sequence[Move], now: datetime) -> list[Container]:
    """Stand containers in zones of the store that holds them.

    Waste that nobody has classified goes to the quarantine zone. Raises NotFound, Conflict
    (container.not_in_store, zone.group_not_allowed, zone.full, zone.incompatible,
    zone.neighbour_incompatible, zone.none_suitable). Source: GB 18597-2023, 4.3, 6.1.2.
    """
    rows = batches.containers_by_id(session, [m.container_id for m in moves], lock=True)
    holders = list({c.holder_id for c in rows.values() if c.holder_id is not None})
    facts = stores.stores(session, holders)
    wastes = reference.waste_codes(session, {c.batch.waste_code for c in rows.values()})
    matrix = stores.matrix(session)
    placed: dict[tuple[str, UUID, ZoneKey], list[Container]] = defaultdict(list)
    for move in moves:
        container = _movable(rows, move)
        assert container.holder_id is not None
        zones = facts[container.holder_id]
        load = stores.load_of(container.batch, wastes[container.batch.waste_code])
        if container.zone_id in zones:
            zones[container.zone_id].take(load, container.mass_g)
        if move.zone_id is None:
            zone = storage_zones.suggest(zones.values(), load, container.mass_g, matrix)
            if zone is None:
                raise Conflict("zone.none_suitable", label_code=container.label_code, group=load.group or "—")
        elif move.zone_id not in zones:
            raise NotFound("object.not_found", field="zone_id")
        else:
            zone = zones[move.zone_id]
            storage_zones.require_place(zone, load, container.mass_g, matrix)
        zone.put(load, container.mass_g)
        assert isinstance(zone.key, UUID)
        container.zone_id = zone.key
        placed[move.actor.author, container.holder_id, (zone.key, zone.code)].append(container)
    session.flush()
    ledger.append(session, _events(session, placed, now), now=now)
    return [rows[m.container_id] for m in moves]


ZoneKey = tuple[UUID, str]


def _movable(rows: dict[UUID, Container], move: Move) -> Container:
    move.actor.require("zone.put_away")
    container = rows.get(move.container_id)
    if container is None:
        raise NotFound("object.not_found")
    move.actor.require_own(container.holder_id)
    if container.state not in MOVABLE:
        raise Conflict("container.not_in_store", label_code=container.label_code, state=container.state)
    return container


def _events(
    session: Session, placed: dict[tuple[str, UUID, ZoneKey], list[Container]], now: datetime
) -> list[ledger.Event]:
    owners = organisations.organisations_by_id(session, list({holder for _, holder, _ in placed}))
    events: list[ledger.Event] = []
    for (author, holder, (_, code)), containers in placed.items():
        lines = tuple(
            ledger.Line(
                label=c.label_code, batch=batch_key(c.batch.enterprise, c.batch), code=c.batch.waste_code
            )
            for c in containers
        )
        event = ledger.Event(
            type="container.moved",
            author=author,
            site=owners[holder].site,
            at=now,
            subject=code,
            lines=lines,
            facts={"zone": code},
        )
        events.extend(ledger.in_parts(event))
    return events


def zones_of_store(session: Session, *, actor: Actor, organisation_id: UUID) -> list[ZoneFacts]:
    """The zones of a store as they stand, in the order of their codes."""
    actor.require("zone.view")
    if actor.role != "regulator":
        actor.require_own(organisation_id)
    found = stores.stores(session, [organisation_id])[organisation_id]
    return sorted(found.values(), key=lambda zone: zone.code)
