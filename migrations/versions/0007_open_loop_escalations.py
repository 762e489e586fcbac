"""Whom an open loop was put before, and runs that verify the log in the background."""

import sqlalchemy as sa
from alembic import op

import wastehub.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loop_escalations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("loop_key", sa.String(length=200), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("county_code", sa.String(length=12), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("manifest_id", sa.Uuid(), nullable=True),
        sa.Column("mass_g", sa.BigInteger(), nullable=True),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("own_due_on", sa.Date(), nullable=False),
        sa.Column("law_due_on", sa.Date(), nullable=True),
        sa.Column("raised_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisations.id"], name=op.f("fk_loop_escalations_unit_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_loop_escalations_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code"], ["areas.code"], name=op.f("fk_loop_escalations_county_code_areas")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_loop_escalations_batch_id_batches")
        ),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifests.id"], name=op.f("fk_loop_escalations_manifest_id_manifests")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loop_escalations")),
        sa.UniqueConstraint("loop_key", "step", name=op.f("uq_loop_escalations_loop_key_step")),
    )
    with op.batch_alter_table("loop_escalations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_loop_escalations_organisation_id_closed_at", ["organisation_id", "closed_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_loop_escalations_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "loop_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("loop_key", sa.String(length=200), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("answered_by", sa.String(length=60), nullable=False),
        sa.Column("answered_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_loop_answers_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loop_answers")),
    )
    with op.batch_alter_table("loop_answers", schema=None) as batch_op:
        batch_op.create_index(
            "ix_loop_answers_loop_key_answered_at", ["loop_key", "answered_at"], unique=False
        )

    op.create_table(
        "verification_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("signature_every", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.String(length=60), nullable=False),
        sa.Column("requested_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("signatures", sa.BigInteger(), nullable=False),
        sa.Column("log_ok", sa.Boolean(), nullable=True),
        sa.Column("books_ok", sa.Boolean(), nullable=True),
        sa.Column("problems", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("failure", sa.String(length=300), nullable=False),
        sa.Column("started_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_runs")),
    )
    with op.batch_alter_table("verification_runs", schema=None) as batch_op:
        batch_op.create_index("ix_verification_runs_state", ["state"], unique=False)


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
