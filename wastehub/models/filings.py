"""Statutory forms of HJ 1259: what a unit adds once, what it filed, who files for it, files on their way."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..db import Base, BigKey, Grams
from .versioned import Versioned


class StatutoryProfile(Versioned, Base):
    """What the tables ask of a unit and no act of work tells (tables A.1, A.2 and A.6; columns of B).

    Codes of facilities as in the discharge permit (HJ 608); handlers are the departments' clerks.
    """

    __tablename__ = "statutory_profiles"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    registered_address: Mapped[str] = mapped_column(String(200), default="")
    industry_code: Mapped[str] = mapped_column(String(20), default="")
    legal_representative: Mapped[str] = mapped_column(String(40), default="")
    legal_phone: Mapped[str] = mapped_column(String(30), default="")
    technical_lead: Mapped[str] = mapped_column(String(40), default="")
    technical_phone: Mapped[str] = mapped_column(String(30), default="")
    assessment_no: Mapped[str] = mapped_column(String(80), default="")
    discharge_permit_no: Mapped[str] = mapped_column(String(80), default="")
    generating_code: Mapped[str] = mapped_column(String(20), default="")
    generating_name: Mapped[str] = mapped_column(String(60), default="")
    storage_code: Mapped[str] = mapped_column(String(20), default="")
    storage_type: Mapped[str] = mapped_column(String(20), default="")
    treatment_code: Mapped[str] = mapped_column(String(20), default="")
    treatment_capacity_g: Mapped[int | None] = mapped_column(Grams)
    generation_handler: Mapped[str] = mapped_column(String(40), default="")
    transport_handler: Mapped[str] = mapped_column(String(40), default="")
    storage_handler: Mapped[str] = mapped_column(String(40), default="")
    reduction_plan: Mapped[str] = mapped_column(String(500), default="")
    reduction_measures: Mapped[str] = mapped_column(String(500), default="")
    changed_by: Mapped[str] = mapped_column(String(60))
    changed_at: Mapped[datetime]


class PlanLineDetail(Versioned, Base):
    """The columns of tables A.3, A.4 and A.7 that a registered transfer line does not have.

    Empty: the value follows from the batches, the contract or the catalogue.
    """

    __tablename__ = "plan_line_details"

    plan_line_id: Mapped[UUID] = mapped_column(ForeignKey("plan_lines.id"), primary_key=True)
    process: Mapped[str] = mapped_column(String(60), default="")
    harmful_components: Mapped[str] = mapped_column(String(120), default="")
    generated_g: Mapped[int | None] = mapped_column(Grams)
    stored_g: Mapped[int | None] = mapped_column(Grams)
    treated_g: Mapped[int | None] = mapped_column(Grams)
    transfer_kind: Mapped[str] = mapped_column(String(10), default="")
    method_code: Mapped[str] = mapped_column(String(4), default="")
    acceptor_kind: Mapped[str] = mapped_column(String(40), default="")
    acceptor_name: Mapped[str] = mapped_column(String(120), default="")
    acceptor_no: Mapped[str] = mapped_column(String(60), default="")
    changed_by: Mapped[str] = mapped_column(String(60))
    changed_at: Mapped[datetime]


class FilingDelegation(Versioned, Base):
    """A firm lets a licence holder declare for it 委托申报. Source: HJ 1259-2022 7.1.3."""

    __tablename__ = "filing_delegations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    consented_by: Mapped[str] = mapped_column(String(60))
    consented_at: Mapped[datetime]
    ended_by: Mapped[str] = mapped_column(String(60), default="")
    ended_at: Mapped[datetime | None]


class Declaration(Versioned, Base):
    """A declaration 申报 of one period, as it was filed; a correction is the next edition, never an edit.

    `content`: the tables of Annex C and the balance, in grams; `ledger_size`: how much of the log it tells.
    Only the receipt of the authority is entered afterwards.
    """

    __tablename__ = "declarations"
    __table_args__ = (
        UniqueConstraint("organisation_id", "period", "edition"),
        Index("ix_declarations_period", "period"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    period: Mapped[str] = mapped_column(String(8))
    edition: Mapped[int] = mapped_column(Integer)
    management_class: Mapped[str] = mapped_column(String(16))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_sha256: Mapped[str] = mapped_column(String(64))
    ledger_size: Mapped[int] = mapped_column(BigKey)
    note: Mapped[str] = mapped_column(String(300), default="")
    filed_by: Mapped[str] = mapped_column(String(60))
    delegate_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    filed_at: Mapped[datetime]
    due_on: Mapped[date] = mapped_column(Date)
    receipt_no: Mapped[str] = mapped_column(String(60), default="")
    receipt_by: Mapped[str] = mapped_column(String(60), default="")
    receipt_at: Mapped[datetime | None]


class ExportRun(Base):
    """A file on its way: the truth about a job (the queue carries only its id).

    `state`: queued, running, done, failed, cancelled, expired. A worker holds it by `lease_until_at` and
    `attempt`. `options`: what the file is about. The file itself lies in the blob store until
    `keep_until_on`.
    """

    __tablename__ = "export_runs"
    __table_args__ = (
        Index("ix_export_runs_state", "state"),
        Index("ix_export_runs_organisation_id_requested_at", "organisation_id", "requested_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str] = mapped_column(String(12))
    form: Mapped[str] = mapped_column(String(4))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12))
    requested_by: Mapped[str] = mapped_column(String(60))
    requested_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    requested_at: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    lease_until_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    progress_done: Mapped[int] = mapped_column(Integer, default=0)
    progress_total: Mapped[int] = mapped_column(Integer, default=0)
    failure: Mapped[str] = mapped_column(Text, default="")
    finished_at: Mapped[datetime | None]
    file_name: Mapped[str] = mapped_column(String(120), default="")
    file_bytes: Mapped[int] = mapped_column(BigKey, default=0)
    file_sha256: Mapped[str] = mapped_column(String(64), default="")
    keep_until_on: Mapped[date | None] = mapped_column(Date)


def newest_declarations(
    session: Session, *, organisation_ids: list[UUID], periods: list[str] | None = None
) -> dict[tuple[UUID, str], Declaration]:
    """The newest edition of each unit and period."""
    found: dict[tuple[UUID, str], Declaration] = {}
    for start in range(0, len(organisation_ids), 500):
        query = select(Declaration).where(
            Declaration.organisation_id.in_(organisation_ids[start : start + 500])
        )
        if periods is not None:
            query = query.where(Declaration.period.in_(periods))
        for row in session.scalars(query.order_by(Declaration.edition)):
            found[row.organisation_id, row.period] = row
    return found


def delegation_in_force(session: Session, *, enterprise_id: UUID) -> FilingDelegation | None:
    """Who may declare for a firm, if anybody."""
    query = select(FilingDelegation).where(
        FilingDelegation.enterprise_id == enterprise_id, FilingDelegation.ended_at.is_(None)
    )
    return session.scalars(query.order_by(FilingDelegation.consented_at.desc())).first()
