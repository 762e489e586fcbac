"""Waste goes into containers: batches are registered 登记产生."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...db import asked, new_id, write_new
from ...domain import (
    batch_numbers,
    calendar,
    hazards,
    labels,
    quantities,
    storage_limits,
    texts,
    waste_codes,
)
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...models import batches, label_font, organisations, reference
from ...models.batches import Batch, Container, batch_key
from ...models.numbers import take_numbers
from ...models.organisations import Organisation
from ...models.reference import ContainerType, WasteCode
from .posting import require_posted

FORMS = ("liquid", "solid", "sludge", "semi_solid", "gas")
BASES = ("estimated", "weighed")
TYPES_NAMED_MAX = 50  # more than there are: somebody sends nonsense
CONTAINERS_MAX = 60  # one ledger entry holds 16 KiB


@dataclass(frozen=True)
class ContainerDraft:
    container_type: str
    mass_g: int


@dataclass(frozen=True)
class BatchDraft:
    """What a generator states. `hazards` None: those of the catalogue."""

    actor: Actor
    enterprise_id: UUID
    waste_code: str
    form: str
    produced_on: date
    containers: tuple[ContainerDraft, ...]
    internal_name: str = ""
    basis: str = "estimated"
    main_components: str = ""
    harmful_components: str = ""
    note: str = ""
    hazards: str | None = None


def register(session: Session, *, drafts: Sequence[BatchDraft], now: datetime) -> list[Batch]:
    """Register batches and their containers 登记产生; every container gets its identification code.

    Raises Forbidden, NotFound, InvalidInput (waste_code.*, batch.*, container.*, mass.*, text.*,
    hazard.*), Conflict (storage.point_full, batch_number.exhausted, label.running_exhausted).
    Source: HJ 1259-2022, 6.2 and table B.1; GB 18597-2023, 8.3.5.
    """
    for draft in drafts:
        draft.actor.require("batch.register")
        draft.actor.require_own(draft.enterprise_id)
    firms = _firms(session, drafts)
    book = _RuleBook(session, drafts, calendar.on_date(now))
    prefix = "drafts.{}." if len(drafts) > 1 else ""
    checked = [book.checked(draft, prefix.format(at)) for at, draft in enumerate(drafts)]
    _require_room(session, checked, firms, book.limits_today)
    made = _numbered(session, checked, firms, book, now)
    batches.draw_short_numbers(session, [row for batch in made for row in batch.containers])
    write_new(session, [*made, *(row for batch in made for row in batch.containers)])
    receipts = ledger.append(
        session,
        [
            _registered_event(draft, firms[row.enterprise_id], row, now)
            for draft, row in zip(checked, made, strict=True)
        ],
        now=now,
    )
    require_posted(receipts)
    return made


def _firms(session: Session, drafts: Sequence[BatchDraft]) -> dict[UUID, Organisation]:
    # Locked: two people at one storage point cannot pass its limit together.
    firms = organisations.organisations_by_id(session, [draft.enterprise_id for draft in drafts], lock=True)
    for draft in drafts:
        firm = firms.get(draft.enterprise_id)
        if firm is None or firm.kind != "enterprise":
            raise NotFound("object.not_found")
        if not firm.active:
            raise Conflict("organisation.inactive", name=firm.short_name)
    return firms


_CODES = asked(select(WasteCode), WasteCode.code)


class _RuleBook:
    """The catalogue, container types and limits that some drafts are judged by, read once."""

    def __init__(self, session: Session, drafts: Sequence[BatchDraft], today: date) -> None:
        self.session = session
        self.today = today
        self.limits_today = reference.legal_limits(session, today)
        self.codes: dict[str, WasteCode] = {}
        self.types: dict[date, dict[str, ContainerType]] = {}
        named = {each.container_type for draft in drafts for each in draft.containers}
        self.types_named = named if len(named) <= TYPES_NAMED_MAX else None
        self.font = label_font.coverage()
        wanted = sorted({draft.waste_code for draft in drafts})
        for start in range(0, len(wanted), 500):
            rows = session.scalars(*_CODES.of(wanted[start : start + 500]))
            self.codes.update({row.code: row for row in rows})

    def checked(self, draft: BatchDraft, prefix: str) -> BatchDraft:
        """The draft in its tidy form. Raises InvalidInput with the path of the field at fault."""
        code = self._code(draft, prefix)
        self._day(draft.produced_on, prefix)
        if draft.form not in FORMS:
            raise InvalidInput("batch.form_unknown", field=f"{prefix}form", given=draft.form)
        if draft.basis not in BASES:
            raise InvalidInput("batch.basis_unknown", field=f"{prefix}basis", given=draft.basis)
        if not draft.containers:
            raise InvalidInput("batch.no_containers", field=f"{prefix}containers")
        if len(draft.containers) > CONTAINERS_MAX:
            raise InvalidInput(
                "batch.too_many_containers",
                field=f"{prefix}containers",
                given=len(draft.containers),
                most=CONTAINERS_MAX,
            )
        for at, container in enumerate(draft.containers):
            self._container(draft, container, f"{prefix}containers.{at}")
        letters = code.hazards
        if draft.hazards is not None:
            letters = "/".join(hazards.parse(draft.hazards, field=f"{prefix}hazards"))
        return replace(
            draft,
            waste_code=code.code,
            hazards=letters,
            internal_name=self._text(draft.internal_name, 60, f"{prefix}internal_name"),
            main_components=self._text(draft.main_components, 120, f"{prefix}main_components"),
            harmful_components=self._text(draft.harmful_components, 120, f"{prefix}harmful_components"),
            note=self._text(draft.note, 300, f"{prefix}note"),
        )

    def _code(self, draft: BatchDraft, prefix: str) -> WasteCode:
        field = f"{prefix}waste_code"
        parsed = waste_codes.parse(draft.waste_code, field=field)
        row = self.codes.get(parsed) or self.session.get(WasteCode, parsed)
        if row is None:
            raise InvalidInput("waste_code.unknown", field=field, given=parsed)
        self.codes[parsed] = row
        until = row.effective_until_on
        if draft.produced_on < row.effective_from_on or (until and draft.produced_on > until):
            raise InvalidInput(
                "waste_code.not_in_force",
                field=field,
                given=parsed,
                on=draft.produced_on,
                effective_from_on=row.effective_from_on,
            )
        return row

    def _day(self, produced_on: date, prefix: str) -> None:
        field = f"{prefix}produced_on"
        if produced_on > self.today:
            raise InvalidInput(
                "batch.produced_in_future", field=field, produced_on=produced_on, today=self.today
            )
        days = self.limits_today["batch_backdate_max_days"]
        if (self.today - produced_on).days > days:
            raise InvalidInput("batch.produced_too_long_ago", field=field, produced_on=produced_on, days=days)

    def _container(self, draft: BatchDraft, container: ContainerDraft, field: str) -> None:
        types = self.types.get(draft.produced_on)
        if types is None:
            types = reference.container_types(self.session, draft.produced_on, self.types_named)
            self.types[draft.produced_on] = types
        kind = types.get(container.container_type)
        if kind is None:
            raise InvalidInput(
                "container_type.unknown", field=f"{field}.container_type", given=container.container_type
            )
        if draft.form == "liquid" and not kind.takes_liquid:
            raise InvalidInput(
                "container.not_for_liquid", field=f"{field}.container_type", container_type=kind.name_zh
            )
        quantities.require_mass_g(
            container.mass_g, field=f"{field}.mass_g", max_g=self.limits_today["container_mass_max_g"]
        )
        if container.mass_g > kind.payload_max_g:
            raise InvalidInput(
                "container.overfilled",
                field=f"{field}.mass_g",
                mass_g=container.mass_g,
                payload_max_g=kind.payload_max_g,
                container_type=kind.name_zh,
            )

    def _text(self, text: str, longest: int, field: str) -> str:
        if not text:
            return ""
        tidy = texts.clean(text, field=field, longest=longest)
        labels.require_printable(tidy, self.font, field=field)
        return tidy


def _require_room(
    session: Session,
    drafts: Sequence[BatchDraft],
    firms: Mapping[UUID, Organisation],
    limits: Mapping[str, int],
) -> None:
    """A storage point 贮存点 never holds more than its limit (GB 18597-2023, 8.3.5)."""
    added: Counter[UUID] = Counter()
    for draft in drafts:
        if firms[draft.enterprise_id].storage_kind == "point":
            added[draft.enterprise_id] += sum(container.mass_g for container in draft.containers)
    held = batches.stock_g(session, list(added))
    for enterprise_id, add_g in added.items():
        storage_limits.require_point_capacity(
            held.get(enterprise_id, 0), add_g, limits["storage_point_max_g"]
        )


def _numbered(
    session: Session,
    drafts: Sequence[BatchDraft],
    firms: Mapping[UUID, Organisation],
    book: _RuleBook,
    now: datetime,
) -> list[Batch]:
    """Rows with batch numbers and identification codes; both series count per unit and day."""
    wanted: Counter[str] = Counter()
    for draft in drafts:
        firm = firms[draft.enterprise_id]
        wanted[_batch_series(firm, draft)] += 1
        wanted[_label_series(firm, draft)] += len(draft.containers)
    taken = {series: iter(numbers) for series, numbers in take_numbers(session, wanted).items()}
    return [
        _batch(session, draft, firms[draft.enterprise_id], book.codes[draft.waste_code], taken, now)
        for draft in drafts
    ]


def _batch_series(firm: Organisation, draft: BatchDraft) -> str:
    return f"HWCS/{firm.site}/{draft.produced_on:%Y%m%d}"


def _label_series(firm: Organisation, draft: BatchDraft) -> str:
    digits = waste_codes.digits(draft.waste_code)
    return f"label/{firm.credit_code}/{digits}/{draft.produced_on:%Y%m%d}"


def _batch(
    session: Session,
    draft: BatchDraft,
    firm: Organisation,
    code: WasteCode,
    taken: Mapping[str, Iterator[int]],
    now: datetime,
) -> Batch:
    running = next(taken[_batch_series(firm, draft)])
    labels_taken = taken[_label_series(firm, draft)]
    batch = Batch(
        id=new_id(session, now),
        enterprise_id=firm.id,
        batch_no=batch_numbers.batch_number("generation", draft.produced_on, running),
        waste_code=code.code,
        catalogue_edition=code.edition,
        internal_name=draft.internal_name or code.name_zh[:60],
        form=draft.form,
        hazards=draft.hazards,
        main_components=draft.main_components,
        harmful_components=draft.harmful_components,
        basis=draft.basis,
        produced_on=draft.produced_on,
        note=draft.note,
        registered_by=draft.actor.author,
        registered_at=now,
        version=1,
    )
    batch.containers = [
        Container(
            id=new_id(session, now),
            batch_id=batch.id,
            running=at,
            label_code=labels.identification_code(
                firm.credit_code or firm.code,
                code.code,
                draft.produced_on,
                next(labels_taken),
            ),
            container_type=container.container_type,
            state="registered",
            declared_g=container.mass_g,
            measured_g=container.mass_g if draft.basis == "weighed" else None,
            mass_g=container.mass_g,
            mass_before_load_g=None,
            prints=0,
            holder_id=firm.id,
            stored_since_on=draft.produced_on,
            request_id=None,
            trip_id=None,
            zone_id=None,
            lot_id=None,
            version=1,
        )
        for at, container in enumerate(draft.containers, start=1)
    ]
    return batch


def _registered_event(draft: BatchDraft, firm: Organisation, batch: Batch, now: datetime) -> ledger.Event:
    key = batch_key(firm, batch)
    return ledger.Event(
        type="batch.registered",
        author=draft.actor.author,
        site=firm.site,
        at=now,
        # The batch's own id: a correction can name the fact that it corrects.
        id=batch.id,
        subject=batch.batch_no,
        lines=tuple(
            ledger.Line(label=row.label_code, batch=key, code=batch.waste_code, mass_g=row.mass_g)
            for row in batch.containers
        ),
        facts={
            "basis": batch.basis,
            "produced_on": batch.produced_on.isoformat(),
            "internal_name": batch.internal_name,
            "form": batch.form,
            "hazards": batch.hazards,
            "catalogue_edition": batch.catalogue_edition,
            "container_types": [row.container_type for row in batch.containers],
        },
    )
