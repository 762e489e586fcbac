"""Forecasts of the next days."""

import sqlalchemy as sa
from alembic import op

import wastehub.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forecasts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("requests_placed", sa.Integer(), nullable=False),
        sa.Column("requests_left", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("written", sa.JSON(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["planning_runs.id"], name=op.f("fk_forecasts_run_id_planning_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecasts")),
        sa.UniqueConstraint("run_id", name=op.f("uq_forecasts_run_id")),
    )
    with op.batch_alter_table("forecasts", schema=None) as batch_op:
        batch_op.create_index("ix_forecasts_made_at", ["made_at"], unique=False)

    op.create_table(
        "forecast_days",
        sa.Column("forecast_id", sa.Uuid(), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.Column("vehicles", sa.Integer(), nullable=False),
        sa.Column("vehicles_used", sa.Integer(), nullable=False),
        sa.Column("fill_permille", sa.Integer(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("store_g", sa.BigInteger(), nullable=False),
        sa.Column("store_max_g", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["forecast_id"], ["forecasts.id"], name=op.f("fk_forecast_days_forecast_id_forecasts")
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_forecast_days_platform_id_organisations")
        ),
        sa.PrimaryKeyConstraint("forecast_id", "service_on", "platform_id", name=op.f("pk_forecast_days")),
    )
    op.create_table(
        "forecast_passings",
        sa.Column("forecast_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("detour_m", sa.Integer(), nullable=False),
        sa.Column("at_s", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["organisations.id"],
            name=op.f("fk_forecast_passings_enterprise_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["forecast_id"], ["forecasts.id"], name=op.f("fk_forecast_passings_forecast_id_forecasts")
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_forecast_passings_platform_id_organisations")
        ),
        sa.PrimaryKeyConstraint(
            "forecast_id", "enterprise_id", "service_on", name=op.f("pk_forecast_passings")
        ),
    )
    op.create_table(
        "forecast_requests",
        sa.Column("forecast_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=True),
        sa.Column("platform_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["forecast_id"], ["forecasts.id"], name=op.f("fk_forecast_requests_forecast_id_forecasts")
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_forecast_requests_platform_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["pickup_requests.id"],
            name=op.f("fk_forecast_requests_request_id_pickup_requests"),
        ),
        sa.PrimaryKeyConstraint("forecast_id", "request_id", name=op.f("pk_forecast_requests")),
    )
    op.create_table(
        "forecast_transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("forecast_id", sa.Uuid(), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("plate", sa.String(length=16), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=False),
        sa.Column("plant_id", sa.Uuid(), nullable=False),
        sa.Column("load", sa.JSON(), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["forecast_id"], ["forecasts.id"], name=op.f("fk_forecast_transfers_forecast_id_forecasts")
        ),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["organisations.id"], name=op.f("fk_forecast_transfers_plant_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["organisations.id"],
            name=op.f("fk_forecast_transfers_platform_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast_transfers")),
        sa.UniqueConstraint(
            "forecast_id",
            "service_on",
            "plate",
            "run",
            name=op.f("uq_forecast_transfers_forecast_id_service_on_plate_run"),
        ),
    )


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
