"""Tiles, checkpoints and cosignatures of the ledger."""

import sqlalchemy as sa
from alembic import op

import wastehub.db
from wastehub.ledger import triggers

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "ledger_tile",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", key, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("data", sa.LargeBinary(length=8192), nullable=False),
        sa.CheckConstraint("length(root) = 32", name=op.f("ck_ledger_tile_root_bytes")),
        sa.CheckConstraint("length(data) = 8192", name=op.f("ck_ledger_tile_data_bytes")),
        sa.PrimaryKeyConstraint("level", "idx", name=op.f("pk_ledger_tile")),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("size", key, autoincrement=False, nullable=False),
        sa.Column("prev_size", key, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(root) = 32", name=op.f("ck_ledger_checkpoint_root_bytes")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_ledger_checkpoint")),
        sa.UniqueConstraint("prev_size", name=op.f("uq_ledger_checkpoint_prev_size")),
    )
    op.create_table(
        "ledger_cosignature",
        sa.Column("size", key, autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(length=300), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_ledger_cosignature")),
    )
    # Evidence is insert-only from the first row on.
    triggers.create_triggers(op.get_bind())


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
