"""A repacking that did not happen, or not like that, is taken back by an exact counter-act."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ... import ledger
from ...domain import storage_zones, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...models import reference, stores
from ...models.batches import Container
from ...models.repackings import Repacking, repacking_by_id
from ...models.versioned import require_version
from .acting import NOTE_LONGEST, lines_of


def undo(
    session: Session, *, actor: Actor, repacking_id: UUID, reason: str, version: int | None, now: datetime
) -> Repacking:
    """Take a repacking back: its inputs stand in the store again, the labels of its outputs are dead.

    Lawful only while nothing rests on it. Raises Forbidden, NotFound, StaleVersion, InvalidInput (text.*),
    Conflict (repacking.undone_before, repacking.not_undoable).
    """
    actor.require("container.repack")
    made = repacking_by_id(session, repacking_id, lock=True)
    if made is None:
        raise NotFound("object.not_found")
    actor.require_own(made.platform_id)
    require_version(made, version)
    why = texts.clean(reason, field="reason", longest=NOTE_LONGEST, required=True)
    if made.undone_at is not None:
        raise Conflict("repacking.undone_before", batch_no=made.batch.batch_no)
    standing = _resting_on(session, made)
    if standing is not None:
        raise Conflict(
            "repacking.not_undoable", label_code=standing.label_code, container_state=standing.state
        )
    made.undone_at, made.undone_by, made.undone_why = now, actor.author, why
    _put_back(session, made)
    session.flush()
    for receipt in ledger.append(session, [_event(made, actor, why, now)], now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return made


def undoable(session: Session, made: Repacking) -> bool:
    """Whether nothing rests on it yet."""
    return made.undone_at is None and _resting_on(session, made) is None


def _resting_on(session: Session, made: Repacking) -> Container | None:
    """A container that something happened to since: then the repacking is a fact that others rest on."""
    rows = [line.container for line in made.lines]
    books = ledger.label_states(session, [row.label_code for row in rows])
    for line, row in zip(made.lines, rows, strict=True):
        expected = "repacked" if line.role == "in" else "stored"
        if row.state != expected or books[row.label_code].loaded_by != str(made.id):
            return row
    return None


def _put_back(session: Session, made: Repacking) -> None:
    outputs = [line.container for line in made.lines if line.role == "out"]
    for row in outputs:
        row.state = "void"
        row.holder_id = row.zone_id = row.stored_since_on = None
    # What comes out leaves the zones before anything goes back into them.
    session.flush()
    zones = stores.stores(session, [made.platform_id])[made.platform_id]
    matrix = stores.matrix(session)
    wastes = reference.waste_codes(session, {line.container.batch.waste_code for line in made.lines})
    for line in made.lines:
        if line.role == "out":
            continue
        row, load = line.container, stores.load_of(line.container.batch, wastes[made.from_code])
        row.state = "stored"
        row.holder_id, row.stored_since_on = made.platform_id, line.stored_since_on
        zone = zones.get(line.zone_id) if line.zone_id else None
        if zone is None:
            continue
        try:
            storage_zones.require_place(zone, load, row.mass_g, matrix)
        except Conflict:
            continue  # its place is taken: it waits for a zone
        zone.put(load, row.mass_g)
        row.zone_id = line.zone_id


def _event(made: Repacking, actor: Actor, why: str, now: datetime) -> ledger.Event:
    return ledger.Event(
        type="fact.reversed",
        author=actor.author,
        site=made.platform.site,
        at=now,
        subject=made.batch.batch_no,
        lines=lines_of([line.container for line in made.lines]),
        facts={"reverses": str(made.id), "reason": why, "mass_g": _inputs_g(made)},
    )


def _inputs_g(made: Repacking) -> int:
    return sum(line.mass_g for line in made.lines if line.role == "in")
