"""Roadside links of loads that go on to a plant."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Links given so far are all of rounds: they stay as they are.
    with op.batch_alter_table("roadside_passes", schema=None) as batch_op:
        batch_op.alter_column("round_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.add_column(sa.Column("lot_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_roadside_passes_lot_id_lots"), "lots", ["lot_id"], ["id"])
        batch_op.create_check_constraint(
            op.f("ck_roadside_passes_one_load"), "(round_id IS NULL) <> (lot_id IS NULL)"
        )
        batch_op.create_index("ix_roadside_passes_lot_id_shown_at", ["lot_id", "shown_at"], unique=False)


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
