"""Declarations, plans and ledger books of HJ 1259."""

import sqlalchemy as sa
from alembic import op

import wastehub.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "declarations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("management_class", sa.String(length=16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("ledger_size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("filed_by", sa.String(length=60), nullable=False),
        sa.Column("delegate_id", sa.Uuid(), nullable=True),
        sa.Column("filed_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("receipt_no", sa.String(length=60), nullable=False),
        sa.Column("receipt_by", sa.String(length=60), nullable=False),
        sa.Column("receipt_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delegate_id"], ["organisations.id"], name=op.f("fk_declarations_delegate_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_declarations_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declarations")),
        sa.UniqueConstraint(
            "organisation_id",
            "period",
            "edition",
            name=op.f("uq_declarations_organisation_id_period_edition"),
        ),
    )
    with op.batch_alter_table("declarations", schema=None) as batch_op:
        batch_op.create_index("ix_declarations_period", ["period"], unique=False)

    op.create_table(
        "export_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("form", sa.String(length=4), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("requested_by", sa.String(length=60), nullable=False),
        sa.Column("requested_from_id", sa.Uuid(), nullable=True),
        sa.Column("requested_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("progress_done", sa.Integer(), nullable=False),
        sa.Column("progress_total", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("finished_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("file_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("keep_until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_export_runs_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["requested_from_id"],
            ["organisations.id"],
            name=op.f("fk_export_runs_requested_from_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_runs")),
    )
    with op.batch_alter_table("export_runs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_export_runs_organisation_id_requested_at", ["organisation_id", "requested_at"], unique=False
        )
        batch_op.create_index("ix_export_runs_state", ["state"], unique=False)

    op.create_table(
        "filing_delegations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("consented_by", sa.String(length=60), nullable=False),
        sa.Column("consented_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=60), nullable=False),
        sa.Column("ended_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["organisations.id"],
            name=op.f("fk_filing_delegations_enterprise_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["organisations.id"],
            name=op.f("fk_filing_delegations_platform_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_delegations")),
    )
    with op.batch_alter_table("filing_delegations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_filing_delegations_enterprise_id"), ["enterprise_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_filing_delegations_platform_id"), ["platform_id"], unique=False)

    op.create_table(
        "statutory_profiles",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("registered_address", sa.String(length=200), nullable=False),
        sa.Column("industry_code", sa.String(length=20), nullable=False),
        sa.Column("legal_representative", sa.String(length=40), nullable=False),
        sa.Column("legal_phone", sa.String(length=30), nullable=False),
        sa.Column("technical_lead", sa.String(length=40), nullable=False),
        sa.Column("technical_phone", sa.String(length=30), nullable=False),
        sa.Column("assessment_no", sa.String(length=80), nullable=False),
        sa.Column("discharge_permit_no", sa.String(length=80), nullable=False),
        sa.Column("generating_code", sa.String(length=20), nullable=False),
        sa.Column("generating_name", sa.String(length=60), nullable=False),
        sa.Column("storage_code", sa.String(length=20), nullable=False),
        sa.Column("storage_type", sa.String(length=20), nullable=False),
        sa.Column("treatment_code", sa.String(length=20), nullable=False),
        sa.Column("treatment_capacity_g", sa.BigInteger(), nullable=True),
        sa.Column("generation_handler", sa.String(length=40), nullable=False),
        sa.Column("transport_handler", sa.String(length=40), nullable=False),
        sa.Column("storage_handler", sa.String(length=40), nullable=False),
        sa.Column("reduction_plan", sa.String(length=500), nullable=False),
        sa.Column("reduction_measures", sa.String(length=500), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.Column("changed_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_statutory_profiles_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_statutory_profiles")),
    )
    op.create_table(
        "plan_line_details",
        sa.Column("plan_line_id", sa.Uuid(), nullable=False),
        sa.Column("process", sa.String(length=60), nullable=False),
        sa.Column("harmful_components", sa.String(length=120), nullable=False),
        sa.Column("generated_g", sa.BigInteger(), nullable=True),
        sa.Column("stored_g", sa.BigInteger(), nullable=True),
        sa.Column("treated_g", sa.BigInteger(), nullable=True),
        sa.Column("transfer_kind", sa.String(length=10), nullable=False),
        sa.Column("method_code", sa.String(length=4), nullable=False),
        sa.Column("acceptor_kind", sa.String(length=40), nullable=False),
        sa.Column("acceptor_name", sa.String(length=120), nullable=False),
        sa.Column("acceptor_no", sa.String(length=60), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.Column("changed_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_line_id"], ["plan_lines.id"], name=op.f("fk_plan_line_details_plan_line_id_plan_lines")
        ),
        sa.PrimaryKeyConstraint("plan_line_id", name=op.f("pk_plan_line_details")),
    )


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
