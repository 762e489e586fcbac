"""What is printed on labels: keys, human codes, templates."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

import wastehub.db
from wastehub.domain import label_codes

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PART = 5_000


def upgrade() -> None:
    op.create_table(
        "label_keys",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("added_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("retired_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_label_keys")),
    )
    op.create_table(
        "label_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.Column("decided_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_templates")),
        sa.UniqueConstraint("valid_from", "edition", name=op.f("uq_label_templates_valid_from_edition")),
    )
    with op.batch_alter_table("containers") as batch_op:
        batch_op.add_column(sa.Column("short_no", sa.Integer(), nullable=True))
    _draw_numbers(op.get_bind())
    with op.batch_alter_table("containers") as batch_op:
        batch_op.alter_column("short_no", existing_type=sa.Integer(), nullable=False)
        batch_op.create_unique_constraint(op.f("uq_containers_short_no"), ["short_no"])


def _draw_numbers(connection: sa.Connection) -> None:
    """Every container that is there gets the number that it would have been given at its registration."""
    containers = sa.table("containers", sa.column("id", sa.Uuid()), sa.column("short_no", sa.Integer()))
    ids: list[UUID] = list(connection.scalars(sa.select(containers.c.id).order_by(containers.c.id)))
    taken: set[int] = set()
    drawn = []
    for container_id in ids:
        attempt = 0
        while (number := label_codes.draw_number(container_id, attempt)) in taken:
            attempt += 1
        taken.add(number)
        drawn.append({"key": container_id, "number": number})
    change = (
        sa.update(containers)
        .where(containers.c.id == sa.bindparam("key"))
        .values(short_no=sa.bindparam("number"))
    )
    for start in range(0, len(drawn), PART):
        connection.execute(change, drawn[start : start + PART])


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
