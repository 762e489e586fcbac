"""Somebody of the firm confirms what is on board: by signature, one-time code or standing consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar, texts
from ...domain import handing_over as rules
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...models import handing_over as rows
from ...models import manifests as manifest_rows
from ...models import route_plans as round_rows
from ...models.batches import Batch, Container
from ...models.handing_over import HandOver
from ...models.manifests import Manifest
from ...models.route_plans import Stop


@dataclass(frozen=True)
class Confirmation:
    """One confirmation as the phone tells it. `way` of domain/handing_over.WAYS.

    `id` is made on the phone. `at`: when it happened. `wrong_codes`: how many the same phone had before.
    """

    actor: Actor
    id: UUID
    stop_id: UUID
    way: str
    at: datetime
    name: str = ""
    photo_sha256: str | None = None
    code: str = ""
    lon_e6: int | None = None
    lat_e6: int | None = None
    accuracy_m: int | None = None
    wrong_codes: int = 0


def confirm(session: Session, *, given: Confirmation, now: datetime) -> HandOver:
    """Keep what the firm's person confirmed at a stop, with what is on board of it at that moment.

    Telling the same again changes nothing. Raises NotFound, InvalidInput (hand_over.*, text.*),
    Conflict: hand_over.stop_not_open, hand_over.nothing_loaded, hand_over.code_*, hand_over.no_consent.
    """
    given.actor.require("hand_over.record")
    stop = stop_of_crew(session, given.actor, given.stop_id)
    if (known := session.get(HandOver, given.id)) is not None:
        return known
    if stop.state not in ("planned", "done", "partly_done"):
        raise Conflict("hand_over.stop_not_open", state=stop.state)
    loaded = loaded_at(session, stop)
    if not loaded:
        raise Conflict("hand_over.nothing_loaded")
    row = HandOver(
        id=given.id,
        stop_id=stop.id,
        containers=len(loaded),
        mass_g=sum(container.mass_g for container in loaded),
        confirmed_at=given.at,
        received_at=now,
        author=given.actor.author,
        lon_e6=given.lon_e6,
        lat_e6=given.lat_e6,
        accuracy_m=given.accuracy_m,
        **_by_way(session, given, stop),
    )
    session.add(row)
    session.flush()
    paper = manifest_rows.manifests_of_stops(session, [stop.id]).get(stop.id)
    ledger.append(session, [_event(row, stop, loaded, paper)], now=now)
    return row


def stop_of_crew(session: Session, actor: Actor, stop_id: UUID) -> Stop:
    """A stop of a round that the actor drives, held until the transaction ends. Raises NotFound."""
    round_ids = round_rows.round_ids_of_stops(session, [stop_id])
    rounds = round_rows.rounds_by_id(session, round_ids, lock=True)
    stop = round_rows.stops_by_id(session, [stop_id], lock=True).get(stop_id)
    if stop is None:
        raise NotFound("object.not_found")
    round_rows.require_crew(rounds, stop.trip.round_id, actor)
    return stop


def loaded_at(session: Session, stop: Stop) -> list[Container]:
    """What this stop's firm has on board of this stop's trip."""
    query = (
        select(Container)
        .join(Batch, Batch.id == Container.batch_id)
        .where(
            Container.trip_id == stop.trip_id,
            Container.state == "loaded",
            Batch.enterprise_id == stop.request.enterprise_id,
        )
        .order_by(Container.label_code)
    )
    return list(session.scalars(query))


def _by_way(session: Session, given: Confirmation, stop: Stop) -> dict[str, Any]:
    """What the chosen way of confirming asks for, checked."""
    if given.way == "glass":
        name = texts.clean(given.name, field="name", longest=rules.NAME_LONGEST)
        if not name:
            raise InvalidInput("hand_over.name_missing", field="name")
        if not given.photo_sha256:
            raise InvalidInput("hand_over.signature_missing", field="photo_sha256")
        return {"way": "glass", "person_name": name, "photo_sha256": given.photo_sha256}
    if given.way == "code":
        return _by_code(session, given, stop)
    if given.way == "standing":
        consents = rows.consents_of(session, [stop.request.enterprise_id])
        known = {row.id: row for row in consents.get(stop.request.enterprise_id, [])}
        rule = rules.require_consent([row.rule for row in known.values()], on=calendar.on_date(given.at))
        return {"way": "standing", "person_name": known[rule.id].person_name, "consent_id": rule.id}
    raise InvalidInput("hand_over.way_unknown", field="way", given=given.way[:20])


def _by_code(session: Session, given: Confirmation, stop: Stop) -> dict[str, Any]:
    shown = {row.id: row for row in rows.codes_of_stop(session, stop.id)}
    rule = rules.require_code(
        given.code, [row.rule for row in shown.values()], at=given.at, wrong_before=given.wrong_codes
    )
    shown[rule.id].used_at = given.at
    # Unless the driver typed another name: whoever had the code shown on the firm's page.
    shown_by = shown[rule.id].shown_name[: rules.NAME_LONGEST]
    name = texts.clean(given.name, field="name", longest=rules.NAME_LONGEST) or shown_by
    return {"way": "code", "person_name": name, "code_id": rule.id}


def _event(row: HandOver, stop: Stop, loaded: list[Container], paper: Manifest | None) -> ledger.Event:
    facts: dict[str, Any] = {
        "way": row.way,
        "request": stop.request.request_no,
        "containers": row.containers,
        "mass_g": row.mass_g,
    }
    if row.photo_sha256:
        facts["photo_sha256"] = row.photo_sha256
    if row.consent_id is not None:
        facts["consent"] = str(row.consent_id)
    if row.code_id is not None:
        facts["code"] = str(row.code_id)
    if row.lon_e6 is not None and row.lat_e6 is not None:
        facts |= {"lon_e6": row.lon_e6, "lat_e6": row.lat_e6}
    return ledger.Event(
        id=row.id,
        type="custody.confirmed",
        author=row.author,
        site=stop.request.enterprise.site,
        at=row.confirmed_at,
        subject=paper.provisional_no if paper else stop.request.request_no,
        lines=tuple(ledger.Line(label=container.label_code) for container in loaded[:60]),
        facts=facts,
        personal={"name": row.person_name} if row.person_name else {},
    )
