"""Rest, relays, positions on duty and arrival notices of rounds under way."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "day_closings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("device", sa.String(length=60), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("unsent", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_day_closings_round_id_rounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_closings")),
    )
    with op.batch_alter_table("day_closings", schema=None) as batch_op:
        batch_op.create_index("ix_day_closings_round_id", ["round_id"], unique=False)

    op.create_table(
        "duty_rests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_by", sa.String(length=60), nullable=False),
        sa.Column("ended_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_duty_rests_round_id_rounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_rests")),
    )
    with op.batch_alter_table("duty_rests", schema=None) as batch_op:
        batch_op.create_index("ix_duty_rests_round_id_began_at", ["round_id", "began_at"], unique=False)

    op.create_table(
        "relays",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_round_id", sa.Uuid(), nullable=False),
        sa.Column("to_round_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("takes_all", sa.Boolean(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_by", sa.String(length=60), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.String(length=60), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_round_id"], ["rounds.id"], name=op.f("fk_relays_from_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(["to_round_id"], ["rounds.id"], name=op.f("fk_relays_to_round_id_rounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relays")),
    )
    with op.batch_alter_table("relays", schema=None) as batch_op:
        batch_op.create_index("ix_relays_from_round_id", ["from_round_id"], unique=False)
        batch_op.create_index("ix_relays_to_round_id", ["to_round_id"], unique=False)

    op.create_table(
        "revision_sightings",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["round_revisions.id"],
            name=op.f("fk_revision_sightings_revision_id_round_revisions"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_revision_sightings_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("revision_id", "round_id", "author", name=op.f("pk_revision_sightings")),
    )
    op.create_table(
        "vehicle_positions",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon_e6", sa.Integer(), nullable=False),
        sa.Column("lat_e6", sa.Integer(), nullable=False),
        sa.Column("accuracy_m", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_vehicle_positions_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "author", "at", name=op.f("pk_vehicle_positions")),
    )
    with op.batch_alter_table("vehicle_positions", schema=None) as batch_op:
        batch_op.create_index("ix_vehicle_positions_at", ["at"], unique=False)

    op.create_table(
        "arrival_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stop_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["pickup_requests.id"], name=op.f("fk_arrival_notices_request_id_pickup_requests")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_arrival_notices_round_id_rounds")),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name=op.f("fk_arrival_notices_stop_id_stops")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival_notices")),
    )
    with op.batch_alter_table("arrival_notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_arrival_notices_request_id"), ["request_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_arrival_notices_round_id"), ["round_id"], unique=False)
        batch_op.create_index("ix_arrival_notices_stop_id_made_at", ["stop_id", "made_at"], unique=False)

    op.create_table(
        "relay_containers",
        sa.Column("relay_id", sa.Uuid(), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_relay_containers_container_id_containers")
        ),
        sa.ForeignKeyConstraint(
            ["relay_id"], ["relays.id"], name=op.f("fk_relay_containers_relay_id_relays")
        ),
        sa.PrimaryKeyConstraint("relay_id", "container_id", name=op.f("pk_relay_containers")),
    )
    with op.batch_alter_table("trips", schema=None) as batch_op:
        batch_op.add_column(sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
