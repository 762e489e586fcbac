"""Containers made from containers: merged, split, repacked; held facts that are tried again."""

import sqlalchemy as sa
from alembic import op

import wastehub.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _ledger()
    op.create_table(
        "repackings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("from_code", sa.String(length=10), nullable=False),
        sa.Column("left_g", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("operator", sa.String(length=60), nullable=False),
        sa.Column("done_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("undone_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=60), nullable=True),
        sa.Column("undone_why", sa.String(length=300), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_repackings_batch_id_batches")),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_repackings_platform_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repackings")),
        sa.UniqueConstraint("batch_id", name=op.f("uq_repackings_batch_id")),
    )
    with op.batch_alter_table("repackings", schema=None) as batch_op:
        batch_op.create_index("ix_repackings_platform_id_done_at", ["platform_id", "done_at"], unique=False)
    op.create_table(
        "repacking_lines",
        sa.Column("repacking_id", sa.Uuid(), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=3), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("stored_since_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_repacking_lines_container_id_containers")
        ),
        sa.ForeignKeyConstraint(
            ["repacking_id"], ["repackings.id"], name=op.f("fk_repacking_lines_repacking_id_repackings")
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zones.id"], name=op.f("fk_repacking_lines_zone_id_zones")),
        sa.PrimaryKeyConstraint("repacking_id", "container_id", name=op.f("pk_repacking_lines")),
    )
    with op.batch_alter_table("repacking_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repacking_lines_container_id"), ["container_id"], unique=False)
    _write_offs()


def _ledger() -> None:
    with op.batch_alter_table("ledger_held", schema=None) as batch_op:
        batch_op.add_column(sa.Column("need", sa.String(length=130), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column("posted_idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index("ix_ledger_held_need", ["need"], unique=False)
    with op.batch_alter_table("ledger_held", schema=None) as batch_op:
        batch_op.alter_column("need", existing_type=sa.String(length=130), server_default=None)
    op.create_table(
        "ledger_descent",
        sa.Column("child", sa.String(length=160), nullable=False),
        sa.Column("parent", sa.String(length=160), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("child", "parent", name=op.f("pk_ledger_descent")),
    )
    with op.batch_alter_table("ledger_descent", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_descent_parent", ["parent"], unique=False)


def _write_offs() -> None:
    """Losses and spills that a store declares, and their reversal."""
    op.create_table(
        "write_offs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("operator", sa.String(length=60), nullable=False),
        sa.Column("declared_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reversed_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reversed_by", sa.String(length=60), nullable=True),
        sa.Column("reversed_why", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_write_offs_container_id_containers")
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["organisations.id"], name=op.f("fk_write_offs_holder_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_offs")),
    )
    with op.batch_alter_table("write_offs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_write_offs_container_id"), ["container_id"], unique=False)
        batch_op.create_index(
            "ix_write_offs_holder_id_declared_at", ["holder_id", "declared_at"], unique=False
        )


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
