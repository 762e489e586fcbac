"""The plant: receives lots against the second manifest, and treats. Here every kilogram ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from .. import ledger
from ..db import new_id
from ..domain import (
    batch_lifecycle,
    batch_numbers,
    calendar,
    manifests,
    permits,
    receiving,
    scales,
    texts,
    waste_codes,
)
from ..domain.actors import Actor
from ..domain.errors import Conflict, InvalidInput, NotFound
from ..domain.receiving import Decision, Judged
from ..models import batches, lots, organisations, receptions, reference
from ..models import manifests as manifest_rows
from ..models import permits as permit_rows
from ..models.batches import Container, batch_key
from ..models.lots import Lot, Treatment, TreatmentLine
from ..models.numbers import take_numbers
from ..models.organisations import Organisation
from ..models.receptions import Reception
from ..models.scales import scale_for
from ..models.vehicles import Vehicle

LotDecision = Decision


@dataclass(frozen=True)
class LotReception:
    """A lot at the plant's gate. Decisions name every container; `total_g` instead of single masses.

    When `total_g` is given (weighbridge: net of what is accepted), it is shared over the accepted
    containers by their recorded masses, to the gram; only refusals are then named one by one. `scale_id`:
    what the containers or the lot stood on; None: the plant's standard scale.
    """

    actor: Actor
    lot_id: UUID
    decisions: tuple[Decision, ...] = ()
    total_g: int | None = None
    scale_id: UUID | None = None


@dataclass(frozen=True)
class TreatmentRun:
    """Containers that are utilised or disposed of together by one method."""

    actor: Actor
    plant_id: UUID
    method_code: str
    container_ids: tuple[UUID, ...]
    note: str = ""


def receive_lots(session: Session, *, receptions: Sequence[LotReception], now: datetime) -> list[Reception]:
    """Book lots that reached their plant. Refused containers are back at the platform at once.

    Raises NotFound, Conflict (lot.not_on_the_road, reception.containers_missing,
    reception.container_not_expected, reception.already_decided, permit.*), InvalidInput (mass.*, reason.*).
    Source: Order 23, Art. 12, 18; HJ 1259-2022, table B.2.
    """
    gate = _PlantGate(session, receptions, now)
    made = [gate.receive(order) for order in receptions]
    session.flush()
    for receipt in ledger.append(session, gate.events, now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return made


Decided = Sequence[tuple[Container, Judged]]


class _PlantGate:
    """Lots, contents, papers and limits of some receptions, read once."""

    def __init__(self, session: Session, receptions: Sequence[LotReception], now: datetime) -> None:
        self.session, self.now, self.on = session, now, calendar.on_date(now)
        self.events: list[ledger.Event] = []
        self.lots = lots.lots_by_id(session, [r.lot_id for r in receptions], lock=True)
        self.contents = lots.containers_of_lots(session, list(self.lots))
        self.papers = manifest_rows.manifests_of_lots(session, list(self.lots))
        plants = list({lot.plant_id for lot in self.lots.values()})
        self.permits = permit_rows.permits_of(session, plants)
        self.limits = reference.legal_limits(session, self.on)
        self.vehicles = {
            key: session.get_one(Vehicle, key)
            for key in {lot.vehicle_id for lot in self.lots.values()}
            if key is not None
        }
        series = f"JS/{self.on:%Y%m%d}"
        self.numbers = iter(take_numbers(session, {series: len(receptions)})[series])

    def receive(self, order: LotReception) -> Reception:
        lot = self._own_lot(order)
        permits.covering(self.permits.get(lot.plant_id, []), waste_code=lot.waste_code, on=self.on)
        self.scale = scale_for(self.session, lot.plant_id, order.scale_id)
        if self.scale is None and order.scale_id is not None:
            raise InvalidInput("scale.unknown", field="scale_id")
        self.rule = scales.tolerance(self.limits, scale_class=self.scale_class)
        reception = Reception(
            id=new_id(self.session, self.now),
            reception_no=f"JS{self.on:%Y%m%d}{next(self.numbers):05d}",
            organisation_id=lot.plant_id,
            lot_id=lot.id,
            state="closed",
            arrived_at=self.now,
            closed_at=self.now,
            operator=order.actor.author,
        )
        self.session.add(reception)
        decided = [
            (container, self._decide(order, reception, container, decision, index))
            for index, (container, decision) in enumerate(self._complete(order, lot))
        ]
        lot.state, lot.arrived_at, lot.received_at = "received", self.now, self.now
        self._write_entries(order.actor, lot, reception, decided)
        self._settle(order.actor, lot, decided)
        for container, judged in decided:
            if judged.accepted:
                self._take_in(container, lot, judged)
            else:
                self._send_back(container, lot)
        return reception

    @property
    def scale_class(self) -> str:
        return self.scale.scale_class if self.scale is not None else scales.CLASSES[0]

    def _own_lot(self, order: LotReception) -> Lot:
        order.actor.require("lot.receive")
        lot = self.lots.get(order.lot_id)
        if lot is None:
            raise NotFound("object.not_found")
        order.actor.require_own(lot.plant_id)
        if lot.state != "shipped":
            raise Conflict("lot.not_on_the_road", state=lot.state)
        return lot

    def _complete(self, order: LotReception, lot: Lot) -> list[tuple[Container, Decision]]:
        """A decision for every container of the lot, with a mass for each."""
        aboard = {c.id: c for c in self.contents[lot.id]}
        said: dict[UUID, Decision] = {}
        for index, decision in enumerate(order.decisions):
            field = f"decisions.{index}.container_id"
            container = aboard.get(decision.container_id)
            if container is None:
                raise Conflict("reception.container_not_expected", field=field)
            if decision.container_id in said:
                raise Conflict("reception.already_decided", field=field, label_code=container.label_code)
            said[decision.container_id] = decision
        if order.total_g is not None:
            said = self._shared_total(order.total_g, aboard, said)
        missing = sorted(c.label_code for c in aboard.values() if c.id not in said)
        if missing:
            raise Conflict("reception.containers_missing", labels=missing[:5], containers=len(missing))
        return [(aboard[key], decision) for key, decision in said.items()]

    def _shared_total(
        self, total_g: int, aboard: Mapping[UUID, Container], said: Mapping[UUID, Decision]
    ) -> dict[UUID, Decision]:
        refused = {key: d for key, d in said.items() if d.decision != receiving.ACCEPTED}
        taken = [c for c in aboard.values() if c.id not in refused]
        if total_g <= 0 and taken:
            raise InvalidInput("mass.not_positive", field="total_g")
        shares = ledger.apportion_g(total_g, [c.mass_g for c in taken]) if taken else []
        accepted = {c.id: Decision(c.id, share) for c, share in zip(taken, shares, strict=True)}
        return accepted | refused

    def _decide(
        self, order: LotReception, reception: Reception, container: Container, decision: Decision, index: int
    ) -> Judged:
        judged = receiving.judge(
            decision, expected_g=container.mass_g, rule=self.rule, field=f"decisions.{index}."
        )
        line = receptions.line_of(reception, container, judged, by=order.actor.author, at=self.now)
        if order.total_g is None and decision.weighed_g is not None and self.scale is not None:
            line.scale_id = self.scale.id
        self.session.add(line)
        return judged

    def _write_entries(self, actor: Actor, lot: Lot, reception: Reception, decided: Decided) -> None:
        vehicle = self.vehicles[lot.vehicle_id] if lot.vehicle_id else None
        assert vehicle is not None, "a shipped lot has a vehicle"
        here = vehicle.site
        facts = {
            "lot": lot.lot_no,
            **scales.tolerance_facts(self.limits, scale_class=self.scale_class),
            "scale": self.scale.code if self.scale is not None else "",
            "case_due_on": (self.on + timedelta(days=receiving.CASE_DUE_DAYS)).isoformat(),
        }
        taken = [_line(c, mass_g=j.weighed_g, basis="weighed", place=here) for c, j in decided if j.accepted]
        refused = [(c, j) for c, j in decided if not j.accepted]
        if taken:
            self._log("lot.received", actor, lot.plant, reception, taken, facts)
        if refused:
            lines = [_line(c, reason=j.reason, place=here) for c, j in refused]
            self._log("lot.refused", actor, lot.plant, reception, lines, {"lot": lot.lot_no})
            back = [_line(c, place=here, to_place=lot.platform.site) for c, _ in refused]
            self._log("lot.returned", actor, lot.plant, reception, back, {"lot": lot.lot_no})

    def _log(
        self,
        kind: str,
        actor: Actor,
        plant: Organisation,
        reception: Reception,
        lines: Sequence[ledger.Line],
        facts: Mapping[str, Any],
    ) -> None:
        event = ledger.Event(
            type=kind,
            author=actor.author,
            site=plant.site,
            at=self.now,
            subject=reception.reception_no,
            lines=tuple(lines),
            facts=facts,
        )
        self.events.extend(ledger.in_parts(event))

    def _settle(self, actor: Actor, lot: Lot, decided: Decided) -> None:
        """The last paper closes: with it every origin batch in the lot (F85)."""
        paper = self.papers[lot.id]
        accepted_g = sum(j.weighed_g for _, j in decided if j.accepted)
        accepted = sum(1 for _, j in decided if j.accepted)
        outside = sum(1 for _, j in decided if not j.difference.within)
        differences = [
            kind for _, j in decided for kind in manifests.differences_of(j.difference.within, j.reason)
        ]
        days = self.limits["manifest_confirm_working_days"]
        if paper.state == "paper_pending":
            days_to_enter = self.limits["manifest_backfill_working_days"]
            paper.backfill_due_on = manifests.backfill_due_on_if_known(self.on, working_days=days_to_enter)
        else:
            paper.state = manifests.next_state(paper.state, "arrive")
        paper.arrived_at = self.now
        paper.confirm_due_on = manifests.confirm_due_on_if_known(self.on, working_days=days)
        kind = manifest_rows.settle(
            paper,
            accepted_g={lot.waste_code: accepted_g},
            accepted=accepted,
            refused=len(decided) - accepted,
            differences=differences,
            now=self.now,
        )
        facts = {"opinion": paper.opinion, "accepted_g": accepted_g, "outside_tolerance": outside}
        due_on = paper.confirm_due_on
        arrived = {"confirm_due_on": due_on.isoformat() if due_on else "unknown"}
        for name, said in (("manifest.arrived", arrived), (kind, facts)):
            self.events.append(
                ledger.Event(
                    type=name,
                    author=actor.author,
                    site=lot.plant.site,
                    at=self.now,
                    subject=paper.provisional_no,
                    facts=said,
                )
            )

    def _take_in(self, container: Container, lot: Lot, judged: Judged) -> None:
        container.state = batch_lifecycle.next_state(container.state, "plant_receive")
        container.mass_g = container.measured_g = judged.weighed_g
        container.holder_id = lot.plant_id
        container.stored_since_on = self.on

    def _send_back(self, container: Container, lot: Lot) -> None:
        container.state = batch_lifecycle.next_state(container.state, "plant_refuse")
        container.holder_id = lot.platform_id
        container.lot_id = None


def _line(container: Container, **more: Any) -> ledger.Line:
    batch = container.batch
    return ledger.Line(
        label=container.label_code, batch=batch_key(batch.enterprise, batch), code=batch.waste_code, **more
    )


def treat(session: Session, *, runs: Sequence[TreatmentRun], now: datetime) -> list[Treatment]:
    """Utilise or dispose of containers: their kilograms end here, by a method code.

    Raises NotFound, InvalidInput (treatment.no_containers, treatment.method_unknown), Conflict
    (treatment.method_not_licensed, treatment.already_treated). Source: HJ 1259-2022, table B.4.
    """
    on = calendar.on_date(now)
    plants = organisations.organisations_by_id(session, list({r.plant_id for r in runs}))
    methods = reference.method_codes(session)
    allowed = reference.plant_methods(session, list(plants))
    rows = batches.containers_by_id(session, [key for r in runs for key in r.container_ids], lock=True)
    made, events = [], []
    for run in runs:
        run.actor.require("treatment.record")
        run.actor.require_own(run.plant_id)
        plant = plants[run.plant_id]
        method = methods.get(run.method_code)
        if method is None:
            raise InvalidInput("treatment.method_unknown", field="method_code", given=run.method_code[:10])
        containers = _treatable(session, run, rows, allowed.get(plant.id, {}))
        number = _treatment_number(session, plant, method.kind, on)
        mass_g = sum(c.mass_g for c in containers)
        treatment = Treatment(
            id=new_id(session, now),
            treatment_no=number,
            plant_id=plant.id,
            method_code=method.code,
            mass_g=mass_g,
            containers=len(containers),
            treated_at=now,
            operator=run.actor.author,
            note=texts.clean(run.note, field="note", longest=receiving.NOTE_LONGEST),
        )
        session.add(treatment)
        session.flush()
        for container in containers:
            container.state = batch_lifecycle.next_state(container.state, "treat")
            container.holder_id = container.zone_id = None
            session.add(
                TreatmentLine(treatment_id=treatment.id, container_id=container.id, mass_g=container.mass_g)
            )
        event = ledger.Event(
            type="container.treated",
            author=run.actor.author,
            site=plant.site,
            at=now,
            subject=number,
            lines=tuple(_line(c) for c in containers),
            facts={"method": method.code, "mass_g": mass_g},
        )
        events += ledger.in_parts(event)
        made.append(treatment)
    session.flush()
    for receipt in ledger.append(session, events, now=now):
        assert receipt.posted, f"judged acceptable, held by the books: {receipt}"
    return made


def _treatable(
    session: Session, run: TreatmentRun, rows: Mapping[UUID, Container], allowed: Mapping[str, str]
) -> list[Container]:
    if not run.container_ids:
        raise InvalidInput("treatment.no_containers", field="container_ids")
    chosen = []
    for key in dict.fromkeys(run.container_ids):
        container = rows.get(key)
        if container is None or container.holder_id != run.plant_id:
            _require_untreated(session, run, key)
            raise NotFound("object.not_found", field="container_ids")
        code = container.batch.waste_code
        fitting = waste_codes.methods_for(code, allowed)
        if run.method_code not in fitting:
            raise Conflict(
                "treatment.method_not_licensed",
                field="method_code",
                method=run.method_code,
                waste_code=code,
                methods=sorted(fitting) or ["—"],
            )
        chosen.append(container)
    return chosen


def _require_untreated(session: Session, run: TreatmentRun, container_id: UUID) -> None:
    """Raises Conflict("treatment.already_treated") for what this very plant has treated before."""
    query = select(Treatment, Container.label_code).join(
        TreatmentLine, TreatmentLine.treatment_id == Treatment.id
    )
    query = query.join(Container, Container.id == TreatmentLine.container_id)
    found = session.execute(
        query.where(TreatmentLine.container_id == container_id, Treatment.plant_id == run.plant_id)
    ).one_or_none()
    if found:
        earlier, label_code = found
        raise Conflict(
            "treatment.already_treated",
            field="container_ids",
            label_code=label_code,
            treatment_no=earlier.treatment_no,
            treated_at=earlier.treated_at,
        )


def _treatment_number(session: Session, plant: Organisation, kind: str, on: date) -> str:
    """HWZXLY for utilisation, HWZXCZ for disposal: running per plant and day."""
    stage = "own_use" if kind == "utilisation" else "own_disposal"
    series = f"{stage}/{plant.code}/{on:%Y%m%d}"
    return batch_numbers.batch_number(stage, on, take_numbers(session, {series: 1})[series].start)
