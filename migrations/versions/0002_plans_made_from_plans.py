"""Plans made from plans, and what is left of a day planned anew."""

import sqlalchemy as sa
from alembic import op

import wastehub.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "round_revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision_no", sa.String(length=24), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("incident", sa.JSON(), nullable=False),
        sa.Column("watched", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("solution", sa.JSON(), nullable=False),
        sa.Column("drafted_by", sa.String(length=60), nullable=False),
        sa.Column("drafted_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.Column("decided_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_round_revisions_platform_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_revisions")),
        sa.UniqueConstraint("revision_no", name=op.f("uq_round_revisions_revision_no")),
    )
    with op.batch_alter_table("round_revisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_revisions_platform_id"), ["platform_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_round_revisions_service_on"), ["service_on"], unique=False)

    with op.batch_alter_table("planning_runs", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(length=12), server_default=sa.text("''"), nullable=False)
        )
        batch_op.add_column(sa.Column("origin_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("options", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("revision_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_planning_runs_revision_id_round_revisions"),
            "round_revisions",
            ["revision_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_planning_runs_origin_id_route_plans"), "route_plans", ["origin_id"], ["id"]
        )

    with op.batch_alter_table("route_plans", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pins", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("origin_id", sa.Uuid(), nullable=True))
        batch_op.add_column(
            sa.Column("origin_kind", sa.String(length=12), server_default=sa.text("''"), nullable=False)
        )
        batch_op.add_column(sa.Column("origin_options", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(
            sa.Column("continued_as", sa.String(length=24), server_default=sa.text("''"), nullable=False)
        )
        batch_op.add_column(sa.Column("emissions", sa.JSON(none_as_null=True), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_route_plans_origin_id_route_plans"), "route_plans", ["origin_id"], ["id"]
        )


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
