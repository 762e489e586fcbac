"""What a crew must know of every waste of its round when something goes wrong (F71). Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from ...domain import hazards
from ...domain.actors import Actor
from ...models import batches, reference
from ...models import requests as request_rows
from ...models import route_plans as round_rows
from ...models import waybills as waybill_rows
from ...models.batches import Container
from ...models.reference import WasteCode
from ...models.route_plans import Round, full_round
from ...models.waybills import TransportClass


@dataclass(frozen=True, slots=True)
class EmergencyCard:
    """One waste of a round. `hazards` of the batches; `aboard` of `containers` are on the vehicle."""

    waste: WasteCode
    hazards: tuple[str, ...]
    forms: tuple[str, ...]
    containers: int
    mass_g: int
    aboard: int
    aboard_g: int
    transport: TransportClass | None


def emergency_cards(session: Session, *, actor: Actor, round_id: UUID) -> tuple[Round, list[EmergencyCard]]:
    """The wastes of a round, what is on board first, the heaviest first. Raises NotFound."""
    actor.require("round.drive")
    row = full_round(session, round_id)
    round_rows.require_crew({row.id: row}, row.id, actor)
    trips = [trip for trip in row.trips if trip.state in ("planned", "under_way", "arrived")]
    aboard = [c for c in batches.containers_of_trips(session, [t.id for t in trips]) if c.state == "loaded"]
    coming = [stop.request_id for trip in trips for stop in trip.stops if stop.state == "planned"]
    loaded = {each.id for each in aboard}
    expected = [c for c in request_rows.containers_on(session, coming) if c.id not in loaded]
    every = [*aboard, *(c for c in expected if c.state in ("registered", "labelled"))]
    wastes = reference.waste_codes(session, {c.batch.waste_code for c in every})
    known = waybill_rows.transport_classes(session, list(wastes))
    cards = [_card(waste, [c for c in every if c.batch.waste_code == code], known.get(code))
             for code, waste in wastes.items()]  # fmt: skip
    return row, sorted(cards, key=lambda each: (-each.aboard_g, -each.mass_g, each.waste.code))


def _card(waste: WasteCode, held: Sequence[Container], transport: TransportClass | None) -> EmergencyCard:
    letters = {letter for each in held for letter in hazards.parse(each.batch.hazards)}
    aboard = [each for each in held if each.state == "loaded"]
    return EmergencyCard(
        waste=waste,
        hazards=tuple(letter for letter in hazards.PROPERTIES if letter in letters),
        forms=tuple(sorted({each.batch.form for each in held})),
        containers=len(held),
        mass_g=sum(each.mass_g for each in held),
        aboard=len(aboard),
        aboard_g=sum(each.mass_g for each in aboard),
        transport=transport,
    )
