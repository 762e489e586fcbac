"""Containers are poured into new ones: rows, labels and the ledger's fact in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ... import ledger
from ...db import new_id
from ...domain import (
    batch_lifecycle,
    batch_numbers,
    calendar,
    labels,
    reasons,
    repacking,
    storage_zones,
    texts,
    waste_codes,
)
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...domain.repacking import Filled, Poured
from ...domain.storage_zones import ZoneFacts
from ...models import batches, stores
from ...models.batches import Batch, Container, batch_key
from ...models.numbers import take_numbers
from ...models.reference import WasteCode
from ...models.repackings import Repacking, RepackingLine
from . import facts
from .facts import Store

NOTE_LONGEST = 300


@dataclass(frozen=True)
class OutputDraft:
    """A container that is to be filled, by its type and by what the scale says."""

    container_type: str
    mass_g: int


@dataclass(frozen=True)
class RepackDraft:
    """Containers to be emptied, in the order of pouring, and those to be filled.

    `waste_code`: another one than before, with `note` saying why; empty: the same. `reason` of
    reasons.LOSS: why
    something is left over. `zone_id` None: the zone the rules suggest.
    """

    actor: Actor
    container_ids: tuple[UUID, ...]
    outputs: tuple[OutputDraft, ...]
    reason: str = ""
    note: str = ""
    zone_id: UUID | None = None
    waste_code: str = ""


def repack(session: Session, *, draft: RepackDraft, now: datetime) -> Repacking:
    """Pour containers of the platform's own store into new ones, each with a label and a code of its own.

    Raises Forbidden, NotFound, InvalidInput (repacking.*, container_type.unknown, container.*, mass.*,
    reason.*, waste_code.*, text.*), Conflict (repacking.*, container.act_not_allowed, permit.*, zone.*,
    batch_number.exhausted, label.running_exhausted). Source: Solid Waste Law Art. 81; HJ 1259-2022, tables
    B.2 and B.3; HJ 1276-2022 (the code names the unit that fills the container).
    """
    draft.actor.require("container.repack")
    on = calendar.on_date(now)
    store = facts.own_store(session, draft.actor, on)
    rows = facts.chosen(session, draft.actor, draft.container_ids, lock=True)
    inputs = facts.poured(session, rows)
    repacking.require_mixable(inputs, stores.matrix(session))
    waste = _waste_after(session, draft, store, inputs, on)
    outputs = [_filled(store, output, at) for at, output in enumerate(draft.outputs)]
    left_g = repacking.require_outputs(inputs, outputs, store.limits["container_mass_max_g"])
    note = texts.clean(draft.note, field="note", longest=NOTE_LONGEST)
    if left_g:
        reasons.require("loss", draft.reason, note=note, photos=1)
    recoded = waste.code != inputs[0].waste_code
    if recoded and not note:
        raise InvalidInput("repacking.recode_without_note", field="note")
    kind = repacking.kind_of(len(inputs), len(outputs), recoded=recoded)
    batch = _batch(session, draft, store, rows, waste, on, now)
    made = Repacking(
        id=new_id(session, now), platform_id=store.platform.id, batch_id=batch.id, kind=kind,
        from_code=inputs[0].waste_code, left_g=left_g, reason=draft.reason if left_g else "", note=note,
        operator=draft.actor.author, done_at=now,
    )  # fmt: skip
    made.platform, made.batch = store.platform, batch
    made.lines = _lines(made, rows, batch.containers)
    zone = _zone(session, draft, store, rows, batch, waste)
    for row in rows:
        row.state = batch_lifecycle.next_state(row.state, "repack")
        row.holder_id = row.zone_id = row.stored_since_on = None
    for row in batch.containers:
        row.zone_id = zone
    batches.draw_short_numbers(session, batch.containers)
    session.add_all([batch, made])
    session.flush()
    for receipt in ledger.append(session, [_event(made, rows)], now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return made


def _waste_after(
    session: Session, draft: RepackDraft, store: Store, inputs: Sequence[Poured], on: date
) -> WasteCode:
    """The waste that comes out. Another code is a right of its own."""
    before = inputs[0].waste_code
    if not draft.waste_code.strip():
        return session.get_one(WasteCode, before)
    after = waste_codes.parse(draft.waste_code, field="waste_code")
    if after == before:
        return session.get_one(WasteCode, before)
    draft.actor.require("container.recode")
    return facts.new_waste(session, store, after, on)


def _filled(store: Store, output: OutputDraft, at: int) -> Filled:
    kind = store.types.get(output.container_type)
    if kind is None:
        raise InvalidInput(
            "container_type.unknown", field=f"outputs.{at}.container_type", given=output.container_type[:24]
        )
    return Filled(kind.code, kind.name_zh, kind.takes_liquid, kind.payload_max_g, output.mass_g)


def _batch(
    session: Session,
    draft: RepackDraft,
    store: Store,
    rows: Sequence[Container],
    waste: WasteCode,
    on: date,
    now: datetime,
) -> Batch:
    """What comes out: a batch of the platform's own, weighed, with the clock of the oldest container."""
    first, unit = rows[0].batch, store.platform
    code = unit.credit_code or unit.code
    series = f"HWRK/{unit.code}/{on:%Y%m%d}"
    codes = f"label/{code}/{waste_codes.digits(waste.code)}/{on:%Y%m%d}"
    taken = take_numbers(session, {series: 1, codes: len(draft.outputs)})
    recoded = waste.code != first.waste_code
    batch = Batch(
        id=new_id(session, now),
        enterprise_id=unit.id,
        batch_no=batch_numbers.batch_number("intake", on, taken[series].start),
        waste_code=waste.code,
        catalogue_edition=waste.edition if recoded else first.catalogue_edition,
        internal_name=waste.name_zh[:60] if recoded else first.internal_name,
        form=first.form,
        hazards=waste.hazards if recoded else _hazards(rows),
        main_components=first.main_components,
        harmful_components=first.harmful_components,
        basis="weighed",
        produced_on=on,
        note="",
        registered_by=draft.actor.author,
        registered_at=now,
    )
    batch.enterprise = unit
    since = min((row.stored_since_on for row in rows if row.stored_since_on), default=on)
    batch.containers = [
        Container(
            id=new_id(session, now),
            running=at,
            label_code=labels.identification_code(code, waste.code, on, running),
            container_type=output.container_type,
            state="stored",
            declared_g=output.mass_g,
            measured_g=output.mass_g,
            mass_g=output.mass_g,
            holder_id=unit.id,
            stored_since_on=since,
        )
        for at, (output, running) in enumerate(zip(draft.outputs, taken[codes], strict=True), 1)
    ]
    return batch


def _hazards(rows: Sequence[Container]) -> str:
    """A mixture has every hazard of its parts."""
    return "/".join(dict.fromkeys(letter for row in rows for letter in row.batch.hazards.split("/")))


def _lines(made: Repacking, emptied: Sequence[Container], filled: Sequence[Container]) -> list[RepackingLine]:
    return [
        RepackingLine(
            repacking_id=made.id, container_id=row.id, role=role, position=at, mass_g=row.mass_g,
            zone_id=row.zone_id, stored_since_on=row.stored_since_on,
        )
        for role, rows, start in (("in", emptied, 0), ("out", filled, len(emptied)))
        for at, row in enumerate(rows, start)
    ]  # fmt: skip


def _zone(
    session: Session,
    draft: RepackDraft,
    store: Store,
    rows: Sequence[Container],
    batch: Batch,
    waste: WasteCode,
) -> UUID:
    """Where what comes out stands, once what goes in has left. Raises NotFound, Conflict (zone.*)."""
    zones = stores.stores(session, [store.platform.id])[store.platform.id]
    matrix = stores.matrix(session)
    for row, known in zip(rows, facts.poured(session, rows), strict=True):
        if row.zone_id in zones:
            zones[row.zone_id].take(known.load, row.mass_g)
    load = stores.load_of(batch, waste)
    total_g = sum(row.mass_g for row in batch.containers)
    if draft.zone_id is None:
        zone = storage_zones.suggest(zones.values(), load, total_g, matrix)
        if zone is None:
            first = batch.containers[0].label_code
            raise Conflict("zone.none_suitable", label_code=first, group=load.group or "—")
        return _key(zone)
    if draft.zone_id not in zones:
        raise NotFound("object.not_found", field="zone_id")
    storage_zones.require_place(zones[draft.zone_id], load, total_g, matrix)
    return draft.zone_id


def _key(zone: ZoneFacts) -> UUID:
    assert isinstance(zone.key, UUID)
    return zone.key


def _event(made: Repacking, emptied: Sequence[Container]) -> ledger.Event:
    said: dict[str, Any] = {
        "inputs": len(emptied),
        "kind": made.kind,
        "container_types": [row.container_type for row in made.batch.containers],
        "internal_name": made.batch.internal_name,
    }
    why = " ".join(part for part in (made.reason, made.note) if part)
    if why:
        said["reason"] = why
    if made.kind == "recode":
        said |= {"from_code": made.from_code, "to_code": made.batch.waste_code}
    return ledger.Event(
        type="container.recoded" if made.kind == "recode" else "container.repacked",
        author=made.operator,
        site=made.platform.site,
        at=made.done_at,
        id=made.id,
        subject=made.batch.batch_no,
        lines=(*lines_of(emptied), *lines_of(made.batch.containers, weighed=True)),
        facts=said,
    )


def lines_of(rows: Sequence[Container], *, weighed: bool = False) -> tuple[ledger.Line, ...]:
    """Containers as the ledger names them; those that were filled with their mass."""
    return tuple(
        ledger.Line(
            label=row.label_code,
            batch=batch_key(row.batch.enterprise, row.batch),
            code=row.batch.waste_code,
            mass_g=row.mass_g if weighed else 0,
            basis="weighed" if weighed else "",
        )
        for row in rows
    )
