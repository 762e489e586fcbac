"""Close a count: every label gets its finding, and what differs is entered in the ledger at once.

The signature of a second person comes afterwards (signing.py); withholding it hides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ... import ledger
from ...domain import batch_lifecycle, calendar, receiving, scales, stock_counts
from ...domain.actors import Actor
from ...domain.errors import Conflict
from ...domain.stock_counts import HERE, Books
from ...models import organisations, reference
from ...models.batches import Container, batch_key
from ...models.scales import Scale
from ...models.stock_counts import StockCount, StockCountLine
from ...models.zones import zone_codes
from .finding import own_count, standing, with_batches
from .reading import Mark, apply_marks

LABELS_NAMED = 5


def close(
    session: Session,
    *,
    actor: Actor,
    count_id: UUID,
    version: int | None,
    marks: Sequence[Mark] = (),
    now: datetime,
) -> StockCount:
    """What was not found is missing: its mass becomes a case, as does a mass beyond the tolerance.

    `marks` are noted first. Raises NotFound, StaleVersion, InvalidInput (see `mark`), Conflict
    (count.closed_already, count.already_signed, count.moved_since_opened, count.missing_in_lot).
    """
    row = own_count(session, actor=actor, count_id=count_id, version=version)
    apply_marks(session, row, actor=actor, marks=marks, now=now)
    closing = _Closing(session, row, actor, now)
    closing.require_unmoved()
    closing.judge()
    closing.change_containers()
    row.state, row.counted_by, row.counted_at = "counted", actor.author, now
    row.differing = sum(1 for line in row.lines if line.finding in stock_counts.DIFFERENCES)
    row.difference_g = sum(line.difference_g for line in row.lines)
    session.flush()
    ledger.append(session, closing.events(), now=now)
    return row


class _Closing:
    """A count with its containers, locked, and the limits of the day."""

    def __init__(self, session: Session, row: StockCount, actor: Actor, now: datetime) -> None:
        self.session, self.row, self.actor, self.now = session, row, actor, now
        self.on = calendar.on_date(now)
        self.limits = reference.legal_limits(session, self.on)
        scale = session.get(Scale, row.scale_id) if row.scale_id else None
        self.scale_class = scale.scale_class if scale else scales.CLASSES[0]
        self.scale_code = scale.code if scale else ""
        self.containers = with_batches(session, [line.label_code for line in row.lines])
        zones = {each.zone_id for each in self.containers.values() if each.zone_id is not None}
        self.zones = zone_codes(session, sorted(zones, key=str))
        holders = {each.holder_id for each in self.containers.values() if each.holder_id is not None}
        self.holders = organisations.organisations_by_id(session, holders)

    def require_unmoved(self) -> None:
        """The list is still what the books say. Raises Conflict("count.moved_since_opened")."""
        listed = {line.label_code: line for line in self.row.lines if line.expected_g is not None}
        present = {
            each.label_code: each
            for each in standing(self.session, self.row.organisation_id, self.row.zone_id)
        }
        moved = sorted(listed.keys() ^ present.keys())
        moved += [code for code, line in listed.items() if code in present
                  and present[code].mass_g != line.expected_g]  # fmt: skip
        if moved:
            raise Conflict("count.moved_since_opened", labels=moved[:LABELS_NAMED], containers=len(moved))

    def judge(self) -> None:
        for line in self.row.lines:
            container = self.containers.get(line.label_code)
            judged = stock_counts.judge(
                self._books(line, container),
                seen=line.seen_at is not None,
                weighed_g=line.weighed_g,
                rule=scales.tolerance(self.limits, scale_class=self.scale_class),
            )
            line.finding, line.difference_g = judged.finding, judged.difference_g
            line.books_at = "" if line.expected_g is not None else self._elsewhere(container)
            if judged.finding == "missing" and container is not None and container.state == "in_lot":
                raise Conflict("count.missing_in_lot", label_code=line.label_code)

    def _books(self, line: StockCountLine, container: Container | None) -> Books | None:
        if container is None:
            return None
        own = container.holder_id == self.row.organisation_id
        return Books(
            mass_g=container.mass_g,
            here=line.expected_g is not None,
            store=own and container.state in HERE,
            missing=own and container.state == "missing",
        )

    def _elsewhere(self, container: Container | None) -> str:
        """Where the books have a label that was found here: a zone of this store, or another unit."""
        if container is None or container.state == "missing":
            return ""
        if container.holder_id == self.row.organisation_id and container.state in HERE:
            return self.zones.get(container.zone_id, "") if container.zone_id else ""
        holder = self.holders.get(container.holder_id) if container.holder_id else None
        return holder.short_name if holder is not None else ""

    def change_containers(self) -> None:
        """The register says what the books will say."""
        states = ledger.label_states(self.session, self._labels("found_again"))
        self._open_cases = {each.key for each in ledger.open_cases(self.session, label=list(states))}
        self._states = states
        for line in self.row.lines:
            container = self.containers.get(line.label_code)
            if container is None:
                continue
            if line.finding == "missing":
                container.state = batch_lifecycle.next_state(container.state, "miss")
                container.mass_g, container.zone_id = 0, None
            elif line.finding in ("within", "mass"):
                assert line.weighed_g is not None, "a mass that differs was weighed"
                container.mass_g = container.measured_g = line.weighed_g
            elif line.finding == "found_again":
                self._take_back(line, container)

    def _take_back(self, line: StockCountLine, container: Container) -> None:
        """It stands where it was found; not weighed, it holds what it held when it went missing."""
        at_plant = self.row.organisation.kind == "plant"
        container.state = batch_lifecycle.next_state(
            container.state, "find_at_plant" if at_plant else "find_in_store"
        )
        state = self._states.get(line.label_code)
        before_g = container.measured_g or container.declared_g
        if state is not None and state.weighing is not None:
            before_g = state.weighing.against_g
        container.mass_g = container.measured_g = line.weighed_g or before_g
        line.difference_g = container.mass_g
        container.zone_id = self.row.zone_id

    def _labels(self, *findings: str) -> list[str]:
        return [line.label_code for line in self.row.lines if line.finding in findings]

    # --- the ledger ------------------------------------------------------------------------------

    def events(self) -> list[ledger.Event]:
        """Weighings with their tolerance, what is missing without any, and what the books lack."""
        weighed = [line for line in self.row.lines if line.expected_g is not None and line.weighed_g]
        missing = [line for line in self.row.lines if line.finding == "missing"]
        due_on = (self.on + timedelta(days=receiving.CASE_DUE_DAYS)).isoformat()
        tolerance = scales.tolerance_facts(self.limits, scale_class=self.scale_class)
        made: list[ledger.Event] = []
        made += self._counted(weighed, {**tolerance, "case_due_on": due_on, "scale": self.scale_code})
        made += self._counted(missing, {"case_due_on": due_on, "finding": "missing"})
        for line in self.row.lines:
            if line.finding == "found_again":
                made.append(self._found_again(line, due_on))
            elif line.finding in ("elsewhere", "unknown"):
                # The books cannot take it in: the fact stays in the log, held, until somebody explains it.
                made += self._counted([line], {"finding": line.finding})
        return made

    def _counted(self, lines: Sequence[StockCountLine], facts: dict[str, Any]) -> list[ledger.Event]:
        if not lines:
            return []
        event = self._event("stock.counted", tuple(self._line(line) for line in lines), facts)
        return ledger.in_parts(event)

    def _found_again(self, line: StockCountLine, due_on: str) -> ledger.Event:
        """The counter-act to the count that missed it closes its case; a settled case stays settled."""
        state = self._states.get(line.label_code)
        weighing = state.weighing if state is not None else None
        facts: dict[str, Any] = {"case_due_on": due_on, "finding": "found_again"}
        if state is None or weighing is None or weighing.case not in self._open_cases:
            return self._event("stock.counted", (self._line(line),), facts)
        tolerance = scales.tolerance_facts(self.limits, scale_class=self.scale_class)
        facts = {**tolerance, **facts, "corrects": state.mass_event}
        return self._event("mass.corrected", (self._line(line),), facts)

    def _line(self, line: StockCountLine) -> ledger.Line:
        container = self.containers.get(line.label_code)
        mass_g = container.mass_g if line.finding == "found_again" and container else line.weighed_g or 0
        if container is None:
            return ledger.Line(label=line.label_code, mass_g=mass_g, basis="weighed")
        batch = container.batch
        return ledger.Line(
            label=line.label_code,
            batch=batch_key(batch.enterprise, batch),
            code=batch.waste_code,
            mass_g=mass_g,
            basis="weighed",
        )

    def _event(self, kind: str, lines: tuple[ledger.Line, ...], facts: dict[str, Any]) -> ledger.Event:
        zone = self.row.zone.code if self.row.zone is not None else ""
        return ledger.Event(
            type=kind,
            author=self.actor.author,
            site=self.row.organisation.site,
            at=self.now,
            subject=self.row.count_no,
            lines=lines,
            facts={"zone": zone, **facts},
        )
