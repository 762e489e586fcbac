"""Devices of crews, what they sent, and what people have to decide about it."""

import sqlalchemy as sa
from alembic import op

import wastehub.db
from wastehub.ledger import triggers

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SEALED = ("device_events", "device_rejects", "device_users")


def upgrade() -> None:
    moment = wastehub.db.UtcDateTime(timezone=True)
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("algorithm", sa.String(length=20), nullable=False),
        sa.Column("public_key", sa.String(length=120), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("registered_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("revoked_at", moment, nullable=True),
        sa.Column("revoked_by", sa.String(length=60), nullable=False),
        sa.Column("revoke_reason", sa.String(length=300), nullable=False),
        sa.Column("last_seen_at", moment, nullable=False),
        sa.Column("skew_s", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("claimed_seq", sa.BigInteger(), nullable=False),
        sa.Column("reported_seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_devices_user_id_users")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_devices_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("key_id", name=op.f("uq_devices_key_id")),
    )
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_devices_user_id"), ["user_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_devices_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "device_users",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sig", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_users_device_id_devices")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_device_users_user_id_users")),
        sa.PrimaryKeyConstraint("device_id", "user_id", name=op.f("pk_device_users")),
    )
    with op.batch_alter_table("device_users", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_users_user_id"), ["user_id"], unique=False)

    op.create_table(
        "device_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sig", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("sent_by", sa.String(length=60), nullable=False),
        sa.Column("said_at", moment, nullable=False),
        sa.Column("acted_at", moment, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("skew_s", sa.BigInteger(), nullable=False),
        sa.Column("chained", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("outcome_code", sa.String(length=60), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("photo_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_events_device_id_devices")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_device_events_round_id_rounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_events")),
        sa.UniqueConstraint("device_id", "seq", name=op.f("uq_device_events_device_id_seq")),
    )
    with op.batch_alter_table("device_events", schema=None) as batch_op:
        batch_op.create_index("ix_device_events_round_id_acted_at", ["round_id", "acted_at"], unique=False)
        batch_op.create_index("ix_device_events_photo_sha256", ["photo_sha256"], unique=False)

    op.create_table(
        "device_rejects",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sig", sa.String(length=200), nullable=False),
        sa.Column("sent_by", sa.String(length=60), nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_device_rejects_device_id_devices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_rejects")),
        sa.UniqueConstraint(
            "device_id", "sha256", "why", name=op.f("uq_device_rejects_device_id_sha256_why")
        ),
    )

    op.create_table(
        "field_conflicts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conflict_no", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("stop_id", sa.Uuid(), nullable=True),
        sa.Column("container_id", sa.Uuid(), nullable=True),
        sa.Column("ours", sa.JSON(), nullable=False),
        sa.Column("theirs", sa.JSON(), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("choice", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_field_conflicts_platform_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["device_events.id"], name=op.f("fk_field_conflicts_event_id_device_events")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_field_conflicts_round_id_rounds")),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name=op.f("fk_field_conflicts_stop_id_stops")),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_field_conflicts_container_id_containers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_conflicts")),
        sa.UniqueConstraint("conflict_no", name=op.f("uq_field_conflicts_conflict_no")),
        sa.UniqueConstraint("event_id", name=op.f("uq_field_conflicts_event_id")),
    )
    with op.batch_alter_table("field_conflicts", schema=None) as batch_op:
        batch_op.create_index("ix_field_conflicts_platform_id_state", ["platform_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_field_conflicts_round_id"), ["round_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_field_conflicts_container_id"), ["container_id"], unique=False)
    _seal()


def _seal() -> None:
    """What a phone signed takes INSERT only, like the ledger's own tables."""
    bind = op.get_bind()
    metadata = sa.MetaData()
    tables = [sa.Table(name, metadata, autoload_with=bind, resolve_fks=False) for name in SEALED]
    for statement in triggers.create_sql(bind.dialect.name, tables):
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
