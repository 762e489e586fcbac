"""Labels: printed for containers, and what anybody who scans one may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from .. import ledger
from ..domain import batch_lifecycle, credit_codes, labels, precautions, reasons, waste_codes
from ..domain.actors import Actor
from ..domain.errors import Conflict, InvalidInput, NotFound
from ..models import batches, organisations
from ..models.batches import Container, batch_key
from ..models.label_lives import LabelReprint
from ..models.organisations import Organisation
from ..models.reference import Area, ContainerType, WasteCategory, WasteCode

PRINT_MAX = 2_000


@dataclass(frozen=True)
class LabelFields:
    """All that stands on one statutory label. Source: HJ 1276-2022, 5.2 and annex."""

    container_id: UUID
    label_code: str
    short_no: int
    waste_name: str
    catalogue_name: str
    category_code: str
    category_name: str
    waste_code: str
    form: str
    hazards: tuple[str, ...]
    main_components: str
    harmful_components: str
    precautions: str
    unit_name: str
    contact: str
    produced_on: date
    mass_g: int
    batch_no: str
    note: str
    container_name: str
    side_mm: int
    text_height_mm: int
    copies: int
    prints: int
    state: str


@dataclass(frozen=True)
class SafeFacts:
    """What a passer-by may read: what it is, what to beware of, whom to call. No masses, no names."""

    label_code: str
    waste_name_zh: str
    waste_name_en: str
    waste_code: str
    category_code: str
    hazards: tuple[str, ...]
    form: str
    produced_on: date
    county_zh: str
    county_en: str
    where: str
    emergency_phone: str


def print_labels(
    session: Session, *, jobs: Sequence[tuple[Actor, Sequence[UUID]]], now: datetime, reason: str = ""
) -> list[Container]:
    """Count labels as printed: containers become labelled, reprints are counted and kept in the ledger.

    `reason`: why a label is printed that was printed before (reasons.LABEL_REPRINT); after an amendment it
    is known. Raises Forbidden, NotFound, InvalidInput (label.nothing_chosen, label.too_many, reason.*),
    Conflict (container.act_not_allowed).
    """
    ids = [container_id for _, wanted in jobs for container_id in wanted]
    if not ids:
        raise InvalidInput("label.nothing_chosen", field="container_ids")
    found = batches.containers_by_id(session, ids, lock=True)
    groups: dict[tuple[str, UUID], list[Container]] = {}
    printed: list[Container] = []
    for actor, wanted in jobs:
        actor.require("label.print")
        if len(wanted) > PRINT_MAX:
            raise InvalidInput("label.too_many", field="container_ids", given=len(wanted), most=PRINT_MAX)
        for container_id in dict.fromkeys(wanted):
            row = found.get(container_id)
            if row is None:
                raise NotFound("object.not_found")
            _require_before_him(actor, row)
            why = "amended" if row.prints and row.state == "registered" else reason
            row.state = batch_lifecycle.next_state(row.state, "print_label")
            row.prints += 1
            if row.prints > 1:
                session.add(_reprint(row, why, actor.author, now))
            groups.setdefault((actor.author, row.batch_id), []).append(row)
            printed.append(row)
    session.flush()
    ledger.append(
        session, [_printed_event(author, rows, now, reason) for (author, _), rows in groups.items()], now=now
    )
    return printed


def _require_before_him(actor: Actor, row: Container) -> None:
    """The firm prints for its own waste, the platform for what stands in its store. Raises NotFound."""
    if actor.role == "dispatcher" and row.state == "stored":
        actor.require_own(row.holder_id)
    else:
        actor.require_own(row.batch.enterprise_id)


def _reprint(row: Container, reason: str, author: str, now: datetime) -> LabelReprint:
    """Raises InvalidInput (reason.missing, reason.unknown)."""
    why = reasons.require("label_reprint", reason, note="-")  # the word alone is enough here
    return LabelReprint(
        container_id=row.id,
        label_code=row.label_code,
        print_no=row.prints,
        reason=why.code,
        printed_by=author,
        printed_at=now,
    )


def _printed_event(author: str, rows: list[Container], now: datetime, reason: str) -> ledger.Event:
    batch = rows[0].batch
    key = batch_key(batch.enterprise, batch)
    return ledger.Event(
        type="label.printed",
        author=author,
        site=batch.enterprise.site,
        at=now,
        subject=batch.batch_no,
        lines=tuple(ledger.Line(label=row.label_code, batch=key, code=batch.waste_code) for row in rows),
        facts={"prints": [row.prints for row in rows]} | ({"reason": reason} if reason else {}),
    )


def label_sheet(session: Session, *, actor: Actor, container_ids: Sequence[UUID]) -> list[LabelFields]:
    """The fields of some labels, in the order asked for. Prints nothing and counts nothing.

    Raises Forbidden, NotFound, Conflict (label.container_void).
    """
    actor.require("label.print")
    ids = list(dict.fromkeys(container_ids))
    found = batches.containers_by_id(session, ids)
    for container_id in ids:
        row = found.get(container_id)
        if row is None:
            raise NotFound("object.not_found")
        _require_before_him(actor, row)
        if row.state == "void":
            raise Conflict("label.container_void", label_code=row.label_code)
    codes = _codes(session, {row.batch.waste_code for row in found.values()})
    kinds = {kind.code: kind for kind in session.scalars(select(ContainerType))}
    return [_fields(found[container_id], codes, kinds) for container_id in ids]


def _codes(session: Session, wanted: set[str]) -> dict[str, tuple[WasteCode, WasteCategory]]:
    query = (
        select(WasteCode, WasteCategory)
        .join(WasteCategory, WasteCategory.code == WasteCode.category_code)
        .where(WasteCode.code.in_(wanted))
    )
    return {code.code: (code, category) for code, category in session.execute(query)}


def _fields(
    row: Container,
    codes: dict[str, tuple[WasteCode, WasteCategory]],
    kinds: dict[str, ContainerType],
) -> LabelFields:
    batch, firm = row.batch, row.batch.enterprise
    code, category = codes[batch.waste_code]
    kind = kinds[row.container_type]
    _require_unit_code(firm)
    if kind.volume_l <= 0:
        raise Conflict("label.volume_missing", container=kind.name_zh, container_en=kind.name_en)
    size = labels.label_size(kind.volume_l)
    letters = tuple(batch.hazards.split("/"))
    return LabelFields(
        container_id=row.id,
        label_code=row.label_code,
        short_no=row.short_no,
        waste_name=batch.internal_name,
        catalogue_name=code.name_zh,
        category_code=category.code,
        category_name=category.name_zh,
        waste_code=batch.waste_code,
        form=batch.form,
        hazards=letters,
        main_components=batch.main_components,
        harmful_components=batch.harmful_components,
        precautions=precautions.precautions_zh(letters),
        unit_name=firm.name,
        contact=" ".join(part for part in (firm.contact_name, firm.contact_phone) if part),
        produced_on=batch.produced_on,
        mass_g=row.declared_g,
        batch_no=batch.batch_no,
        note=batch.note,
        container_name=kind.name_zh,
        side_mm=size.side_mm,
        text_height_mm=size.text_height_mm,
        copies=size.copies,
        prints=row.prints,
        state=row.state,
    )


def _require_unit_code(firm: Organisation) -> None:
    """A label begins with the unit's code: the credit code with a right check character, or one under HJ 608.

    Raises Conflict(label.unit_code_wrong). Source: GB 32100-2015.
    """
    if firm.credit_code:
        try:
            credit_codes.validate(firm.credit_code)
        except InvalidInput as wrong:
            raise Conflict("label.unit_code_wrong", name=firm.name, given=firm.credit_code) from wrong
    elif len(firm.code) != 18:
        raise Conflict("label.unit_code_wrong", name=firm.name, given=firm.code)


def safe_facts(session: Session, *, label_code: str) -> SafeFacts:
    """What anybody who scans a label may read.

    Raises InvalidInput (label.malformed), NotFound (label.unknown).
    """
    code = batches.label_code_from(session, label_code)
    row = batches.containers_by_label(session, [code]).get(code)
    if row is None:
        raise NotFound("label.unknown", label_code=code)
    firm = row.batch.enterprise
    waste = session.get_one(WasteCode, row.batch.waste_code)
    county = session.get(Area, firm.county_code) if firm.county_code else None
    return SafeFacts(
        label_code=code,
        waste_name_zh=waste.name_zh,
        waste_name_en=waste.name_en,
        waste_code=waste.code,
        category_code=waste_codes.category(waste.code),
        hazards=tuple(row.batch.hazards.split("/")),
        form=row.batch.form,
        produced_on=row.batch.produced_on,
        county_zh=county.name_zh if county else "",
        county_en=county.name_en if county else "",
        where=_where(row.state),
        emergency_phone=_emergency_phone(session, firm),
    )


def _where(state: str) -> str:
    """In whose care the container is, in the coarse words of the public page."""
    for name, states in (
        ("generator", batch_lifecycle.AT_ENTERPRISE),
        ("road", batch_lifecycle.ON_THE_ROAD),
        ("platform", batch_lifecycle.AT_PLATFORM),
        ("plant", batch_lifecycle.AT_PLANT),
    ):
        if state in states:
            return name
    return state  # treated, void


def _emergency_phone(session: Session, firm: Organisation) -> str:
    """The firm's own number, else that of the platform that serves it under the latest contract."""
    if firm.emergency_phone:
        return firm.emergency_phone
    contracts = organisations.contracts_of(session, firm.id)
    return next((platform.emergency_phone for _, platform in contracts if platform.emergency_phone), "")
