"""Counted stock with its signatures, scales, and what the reconciliation found."""

import sqlalchemy as sa
from alembic import op

import wastehub.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scales",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("scale_class", sa.String(length=12), nullable=False),
        sa.Column("division_g", sa.BigInteger(), nullable=True),
        sa.Column("verified_until_on", sa.Date(), nullable=True),
        sa.Column("standard", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_scales_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scales")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_scales_organisation_id_code")),
    )
    _one_scale_for_each_site()
    with op.batch_alter_table("reception_lines", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scale_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_reception_lines_scale_id"), ["scale_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_reception_lines_scale_id_scales"), "scales", ["scale_id"], ["id"]
        )
    _create_counts()
    _create_reconciliation()


def _one_scale_for_each_site() -> None:
    """Platforms and plants that are there already weighed on something: one bench scale each.

    Its id is the id of its unit: unique among scales, and the same wherever the migration runs.
    """
    op.execute(
        "INSERT INTO scales "
        "(id, organisation_id, code, name_zh, name_en, scale_class, standard, active, version) "
        "SELECT id, id, 'C1', '1 号台秤', 'Bench scale 1', 'bench', true, true, 1 FROM organisations "
        "WHERE kind IN ('platform', 'plant')"
    )


def _create_counts() -> None:
    op.create_table(
        "stock_counts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("count_no", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("scale_id", sa.Uuid(), nullable=True),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("places_due", sa.Integer(), nullable=False),
        sa.Column("opened_by", sa.String(length=60), nullable=False),
        sa.Column("opened_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("counted_by", sa.String(length=60), nullable=False),
        sa.Column("counted_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.String(length=60), nullable=False),
        sa.Column("signed_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("expected_g", sa.BigInteger(), nullable=False),
        sa.Column("differing", sa.Integer(), nullable=False),
        sa.Column("difference_g", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_stock_counts_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zones.id"], name=op.f("fk_stock_counts_zone_id_zones")),
        sa.ForeignKeyConstraint(["scale_id"], ["scales.id"], name=op.f("fk_stock_counts_scale_id_scales")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_counts")),
        sa.UniqueConstraint("count_no", name=op.f("uq_stock_counts_count_no")),
    )
    with op.batch_alter_table("stock_counts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stock_counts_organisation_id_counted_on", ["organisation_id", "counted_on"], unique=False
        )
    op.create_table(
        "stock_count_lines",
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("label_code", sa.String(length=37), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=True),
        sa.Column("waste_code", sa.String(length=10), nullable=False),
        sa.Column("expected_g", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("weighed_g", sa.BigInteger(), nullable=True),
        sa.Column("finding", sa.String(length=12), nullable=False),
        sa.Column("difference_g", sa.BigInteger(), nullable=False),
        sa.Column("books_at", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["count_id"], ["stock_counts.id"], name=op.f("fk_stock_count_lines_count_id_stock_counts")
        ),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_stock_count_lines_container_id_containers")
        ),
        sa.PrimaryKeyConstraint("count_id", "label_code", name=op.f("pk_stock_count_lines")),
    )
    with op.batch_alter_table("stock_count_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_count_lines_container_id"), ["container_id"], unique=False)


def _create_reconciliation() -> None:
    op.create_table(
        "ledger_projector",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_waiting_idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("problem_idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("problem_kind", sa.String(length=60), nullable=False),
        sa.Column("problem_detail", sa.Text(), nullable=False),
        sa.Column("stopped_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_projector")),
    )
    op.create_table(
        "ledger_reconciliation",
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("ran_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("entries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("upto_idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("problems", sa.Integer(), nullable=False),
        sa.Column("problem_idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("problem_kind", sa.String(length=60), nullable=False),
        sa.Column("problem_detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_ledger_reconciliation")),
    )


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
