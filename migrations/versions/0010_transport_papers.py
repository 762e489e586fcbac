"""Waybills, loading checks, paper manifests entered afterwards, hand-overs, reports of differences."""

import sqlalchemy as sa
from alembic import op

import wastehub.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _at(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, wastehub.db.UtcDateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, empty: bool = False) -> sa.Column:
    default = sa.text("''") if empty else None
    return sa.Column(name, sa.String(length=length), server_default=default, nullable=False)


def upgrade() -> None:
    _manifests()
    _waybills()


def _manifests() -> None:
    with op.batch_alter_table("manifests", schema=None) as batch_op:
        batch_op.add_column(_text("paper_no", 40, empty=True))
        batch_op.add_column(_text("paper_reason", 300, empty=True))
        batch_op.add_column(_at("paper_since_at", nullable=True))
        batch_op.add_column(sa.Column("backfill_due_on", sa.Date(), nullable=True))
        batch_op.add_column(_at("backfilled_at", nullable=True))
        batch_op.add_column(_text("backfilled_by", 60, empty=True))
    op.create_table(
        "manifest_carriages",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        _text("carrier_name", 120),
        _text("carrier_permit_number", 60),
        _text("vehicle_plate", 16),
        _text("vehicle_certificate_number", 40),
        _text("driver_name", 40),
        _text("driver_phone", 30),
        _text("escort_name", 40),
        _text("place", 200),
        _at("handed_over_at"),
        sa.Column("verified", sa.Boolean(), nullable=False),
        _at("recorded_at"),
        _text("recorded_by", 60),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifests.id"], name=op.f("fk_manifest_carriages_manifest_id_manifests")
        ),
        sa.PrimaryKeyConstraint("manifest_id", "seq", name=op.f("pk_manifest_carriages")),
    )
    op.create_table(
        "manifest_photos",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        _text("photo_sha256", 64),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifests.id"], name=op.f("fk_manifest_photos_manifest_id_manifests")
        ),
        sa.ForeignKeyConstraint(
            ["photo_sha256"], ["photos.sha256"], name=op.f("fk_manifest_photos_photo_sha256_photos")
        ),
        sa.PrimaryKeyConstraint("manifest_id", "page", name=op.f("pk_manifest_photos")),
    )
    op.create_index(op.f("ix_manifest_photos_photo_sha256"), "manifest_photos", ["photo_sha256"])
    op.create_table(
        "discrepancy_reports",
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        _text("kinds", 80),
        _text("found", 300),
        _at("told_at"),
        _text("told_whom", 60),
        _text("decision", 12),
        _text("decision_note", 300),
        _at("reported_at"),
        _text("authority", 120),
        _text("report_no", 60),
        _at("recorded_at"),
        _text("recorded_by", 60),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifests.id"], name=op.f("fk_discrepancy_reports_manifest_id_manifests")
        ),
        sa.PrimaryKeyConstraint("manifest_id", name=op.f("pk_discrepancy_reports")),
    )


def _waybills() -> None:
    op.create_table(
        "waybills",
        sa.Column("id", sa.Uuid(), nullable=False),
        _text("waybill_no", 24),
        sa.Column("trip_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("carrier_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("driver_id", sa.Uuid(), nullable=True),
        sa.Column("escort_id", sa.Uuid(), nullable=True),
        _at("issued_at"),
        _text("issued_by", 60),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["trip_id"], ["trips.id"], name=op.f("fk_waybills_trip_id_trips")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_waybills_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["carrier_id"], ["organisations.id"], name=op.f("fk_waybills_carrier_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.id"], name=op.f("fk_waybills_vehicle_id_vehicles")
        ),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["crew_members.id"], name=op.f("fk_waybills_driver_id_crew_members")
        ),
        sa.ForeignKeyConstraint(
            ["escort_id"], ["crew_members.id"], name=op.f("fk_waybills_escort_id_crew_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waybills")),
        sa.UniqueConstraint("waybill_no", name=op.f("uq_waybills_waybill_no")),
        sa.UniqueConstraint("trip_id", name=op.f("uq_waybills_trip_id")),
        sa.UniqueConstraint("lot_id", name=op.f("uq_waybills_lot_id")),
    )
    op.create_index(op.f("ix_waybills_carrier_id"), "waybills", ["carrier_id"])
    op.create_table(
        "waybill_checks",
        sa.Column("waybill_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        _text("key", 12),
        _text("outcome", 16),
        _text("note", 300),
        _at("checked_at"),
        _text("checked_by", 60),
        sa.ForeignKeyConstraint(
            ["waybill_id"], ["waybills.id"], name=op.f("fk_waybill_checks_waybill_id_waybills")
        ),
        sa.PrimaryKeyConstraint("waybill_id", "attempt", "key", name=op.f("pk_waybill_checks")),
    )
    op.create_table(
        "transport_classes",
        _text("waste_code", 10),
        _text("un_number", 6),
        _text("shipping_name", 120),
        _text("hazard_class", 20),
        _text("packing_group", 4),
        _at("set_at"),
        _text("set_by", 60),
        sa.ForeignKeyConstraint(
            ["waste_code"], ["waste_codes.code"], name=op.f("fk_transport_classes_waste_code_waste_codes")
        ),
        sa.PrimaryKeyConstraint("waste_code", name=op.f("pk_transport_classes")),
    )


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
