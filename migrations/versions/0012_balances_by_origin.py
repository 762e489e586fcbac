"""Balances by origin, filled from those of all accounts; an index of containers on the road to a plant."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_origin",
        sa.Column("origin", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("place_kind", sa.String(length=120), nullable=False),
        sa.Column("balance_g", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "kind", "place_kind", name=op.f("pk_ledger_origin")),
    )
    op.execute(_filled(op.get_bind().dialect.name))
    shipped = sa.text("state = 'shipped'")
    op.create_index(
        "ix_containers_shipped", "containers", ["batch_id"], sqlite_where=shipped, postgresql_where=shipped
    )


def _filled(dialect: str) -> str:
    origin, place_kind = _before(dialect, "a.batch", "/"), _before(dialect, "a.place", ":")
    return f"""
        INSERT INTO ledger_origin (origin, kind, place_kind, balance_g)
        SELECT {origin}, a.kind, {place_kind}, CAST(sum(b.in_g - b.out_g) AS BIGINT)
        FROM ledger_account AS a JOIN ledger_balance AS b ON b.account = a.id
        GROUP BY {origin}, a.kind, {place_kind}
        HAVING sum(b.in_g - b.out_g) <> 0
    """


def _before(dialect: str, column: str, mark: str) -> str:
    """The part of a text before a mark; the whole text when the mark is not in it."""
    if dialect == "postgresql":
        return f"split_part({column}, '{mark}', 1)"
    return f"substr({column}, 1, instr({column} || '{mark}', '{mark}') - 1)"


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
