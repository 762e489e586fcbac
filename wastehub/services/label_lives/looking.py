"""Which life a scanned code has: alive, replaced, void, a roll's number, or none that we gave out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain import label_codes, label_lives, labels, roll_codes
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models import batches
from ...models import label_lives as rows
from ...models.batches import Batch, Container
from ...models.label_lives import LabelReprint, RetiredLabel, RollLabel
from ...models.organisations import Organisation


@dataclass(frozen=True, slots=True)
class Life:
    """What may be said of a code to anybody: no firm, no mass.

    `state`: draft, printed, reprinted, replaced, void, roll_free, roll_void. `code`: the 37 characters, or
    a roll's number while it is bound to none. `successor`: the code that counts instead. `county_code`:
    whose office looks after it.
    """

    state: str
    code: str
    successor: str = ""
    roll_no: str = ""
    retired_at: datetime | None = None
    container_id: UUID | None = None
    enterprise_id: UUID | None = None
    county_code: str | None = None

    @property
    def alive(self) -> bool:
        return self.state in ("draft", "printed", "reprinted")


@dataclass(frozen=True, slots=True)
class History:
    """The codes of one fill, the oldest first, and how often the present one was printed again and why."""

    former: list[RetiredLabel]
    reprints: list[LabelReprint]
    roll_label: RollLabel | None


def life_of(session: Session, *, text: str) -> Life:
    """The life of a scanned or typed code: label, address of a label, human code, number of a roll.

    Raises InvalidInput (label.malformed, label.typed_wrong, roll_code.malformed), NotFound (label.unknown).
    """
    if roll_codes.looks_like(text):
        return _of_roll(session, roll_codes.parse(text, "label_code"))
    if label_codes.is_human_code(text):
        return _of_human_code(session, label_codes.parse_human_code(text))
    code = labels.code_from_payload(text)
    found = _living(session, Container.label_code == code)
    if found is not None:
        return found
    dead = rows.retired_labels(session, [code]).get(code)
    if dead is None:
        raise NotFound("label.unknown", label_code=code)
    return _of_dead(session, dead)


def _living(session: Session, condition: object) -> Life | None:
    """One small row: this is what thousands of scans a minute ask."""
    query = (
        select(
            Container.state, Container.prints, Container.label_code, Container.id,
            Organisation.id, Organisation.county_code,
        )
        .join(Batch, Batch.id == Container.batch_id)
        .join(Organisation, Organisation.id == Batch.enterprise_id)
        .where(condition)  # type: ignore[arg-type]
    )  # fmt: skip
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    state, prints, code, container_id, enterprise_id, county = found
    life = label_lives.state_of(state, prints)
    return Life(life, code, container_id=container_id, enterprise_id=enterprise_id, county_code=county)


def _of_human_code(session: Session, number: int) -> Life:
    found = _living(session, Container.short_no == number)
    if found is not None:
        return found
    code = session.scalar(select(RetiredLabel.code).where(RetiredLabel.short_no == number))
    dead = rows.retired_labels(session, [code]).get(code) if code else None
    if dead is None:
        raise NotFound("label.unknown", label_code=label_codes.human_code(number))
    return _of_dead(session, dead)


def _of_dead(session: Session, dead: RetiredLabel) -> Life:
    """The newest code of the fill is the one that counts, however often it was replaced."""
    row = dead.container
    firm = row.batch.enterprise
    return Life(
        "replaced",
        dead.code,
        successor="" if row.state == "void" else row.label_code,
        retired_at=dead.retired_at,
        container_id=row.id,
        enterprise_id=firm.id,
        county_code=firm.county_code,
    )


def _of_roll(session: Session, code: str) -> Life:
    found = rows.roll_labels(session, [code]).get(code)
    if found is None:
        raise NotFound("label.unknown", label_code=roll_codes.grouped(code))
    if found.container is not None:
        living = _living(session, Container.id == found.container_id)
        assert living is not None, "a bound number has its container"
        return living
    owner = session.get_one(Organisation, found.roll.enterprise_id)
    dead = found.state == "void" or found.roll.state != "handed_out"
    return Life(
        "roll_void" if dead else "roll_free",
        code,
        roll_no=found.roll.roll_no,
        retired_at=found.roll.ended_at,
        enterprise_id=owner.id,
        county_code=owner.county_code,
    )


def history(session: Session, *, actor: Actor, container_id: UUID) -> tuple[Container, History]:
    """A container with the codes that its fill had and its reprints. Raises Forbidden, NotFound."""
    actor.require("label.print")
    row = batches.containers_by_id(session, [container_id]).get(container_id)
    if row is None:
        raise NotFound("object.not_found")
    if actor.role == "enterprise":
        actor.require_own(row.batch.enterprise_id)
    else:
        actor.require_own(row.batch.enterprise_id, row.holder_id)
    reprints = select(LabelReprint).where(LabelReprint.container_id == container_id)
    return row, History(
        former=rows.former_codes(session, [container_id]).get(container_id, []),
        reprints=list(session.scalars(reprints.order_by(LabelReprint.printed_at, LabelReprint.print_no))),
        roll_label=session.scalars(select(RollLabel).where(RollLabel.container_id == container_id)).first(),
    )
