"""The lives of labels, rolls of printed numbers, reports of the public, roadside links."""

import sqlalchemy as sa
from alembic import op

import wastehub.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A photo with a report of the public was uploaded by nobody who signed in.
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.alter_column("uploaded_by", existing_type=sa.Uuid(), nullable=True)

    op.create_table(
        "retired_labels",
        sa.Column("code", sa.String(length=37), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=False),
        sa.Column("successor", sa.String(length=37), nullable=False),
        sa.Column("short_no", sa.Integer(), nullable=True),
        sa.Column("prints", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("retired_by", sa.String(length=60), nullable=False),
        sa.Column("retired_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_retired_labels_container_id_containers")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_retired_labels")),
    )
    with op.batch_alter_table("retired_labels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retired_labels_container_id"), ["container_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_retired_labels_short_no"), ["short_no"], unique=False)

    op.create_table(
        "label_reprints",
        sa.Column("container_id", sa.Uuid(), nullable=False),
        sa.Column("label_code", sa.String(length=37), nullable=False),
        sa.Column("print_no", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("printed_by", sa.String(length=60), nullable=False),
        sa.Column("printed_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_label_reprints_container_id_containers")
        ),
        sa.PrimaryKeyConstraint("container_id", "label_code", "print_no", name=op.f("pk_label_reprints")),
    )

    op.create_table(
        "label_rolls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roll_no", sa.String(length=24), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("platform_id", sa.Uuid(), nullable=True),
        sa.Column("first_serial", sa.Integer(), nullable=False),
        sa.Column("last_serial", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("handed_out_by", sa.String(length=60), nullable=False),
        sa.Column("handed_out_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=60), nullable=False),
        sa.Column("ended_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_label_rolls_enterprise_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["organisations.id"], name=op.f("fk_label_rolls_platform_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_rolls")),
        sa.UniqueConstraint("roll_no", name=op.f("uq_label_rolls_roll_no")),
    )
    with op.batch_alter_table("label_rolls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_label_rolls_enterprise_id"), ["enterprise_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_label_rolls_platform_id"), ["platform_id"], unique=False)

    op.create_table(
        "roll_labels",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("roll_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=True),
        sa.Column("bound_by", sa.String(length=60), nullable=False),
        sa.Column("bound_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_roll_labels_container_id_containers")
        ),
        sa.ForeignKeyConstraint(
            ["roll_id"], ["label_rolls.id"], name=op.f("fk_roll_labels_roll_id_label_rolls")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_roll_labels")),
        sa.UniqueConstraint("serial", name=op.f("uq_roll_labels_serial")),
    )
    with op.batch_alter_table("roll_labels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roll_labels_container_id"), ["container_id"], unique=False)
        batch_op.create_index("ix_roll_labels_roll_id_state", ["roll_id", "state"], unique=False)

    op.create_table(
        "problems",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("problem_no", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("label_code", sa.String(length=37), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("county_code", sa.String(length=12), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("lon_e6", sa.Integer(), nullable=True),
        sa.Column("lat_e6", sa.Integer(), nullable=True),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("contact", sa.String(length=60), nullable=False),
        sa.Column("photo_sha256", sa.String(length=64), nullable=True),
        sa.Column("found_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("assigned_to_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("closed_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assigned_to_id"], ["organisations.id"], name=op.f("fk_problems_assigned_to_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["container_id"], ["containers.id"], name=op.f("fk_problems_container_id_containers")
        ),
        sa.ForeignKeyConstraint(["county_code"], ["areas.code"], name=op.f("fk_problems_county_code_areas")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_problems_enterprise_id_organisations")
        ),
        sa.ForeignKeyConstraint(
            ["photo_sha256"], ["photos.sha256"], name=op.f("fk_problems_photo_sha256_photos")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problems")),
        sa.UniqueConstraint("problem_no", name=op.f("uq_problems_problem_no")),
    )
    with op.batch_alter_table("problems", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_problems_assigned_to_id"), ["assigned_to_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_problems_container_id"), ["container_id"], unique=False)
        batch_op.create_index("ix_problems_county_code_state", ["county_code", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_problems_enterprise_id"), ["enterprise_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_problems_found_at"), ["found_at"], unique=False)

    op.create_table(
        "problem_steps",
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("photo_sha256", sa.String(length=64), nullable=True),
        sa.Column("acted_by", sa.String(length=60), nullable=False),
        sa.Column("acted_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_sha256"], ["photos.sha256"], name=op.f("fk_problem_steps_photo_sha256_photos")
        ),
        sa.ForeignKeyConstraint(
            ["problem_id"], ["problems.id"], name=op.f("fk_problem_steps_problem_id_problems")
        ),
        sa.PrimaryKeyConstraint("problem_id", "seq", name=op.f("pk_problem_steps")),
    )

    op.create_table(
        "roadside_passes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("shown_by", sa.String(length=60), nullable=False),
        sa.Column("shown_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", wastehub.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_roadside_passes_round_id_rounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadside_passes")),
    )
    with op.batch_alter_table("roadside_passes", schema=None) as batch_op:
        batch_op.create_index("ix_roadside_passes_round_id_shown_at", ["round_id", "shown_at"], unique=False)

    op.create_table(
        "roadside_openings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", wastehub.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["pass_id"], ["roadside_passes.id"], name=op.f("fk_roadside_openings_pass_id_roadside_passes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roadside_openings")),
    )
    with op.batch_alter_table("roadside_openings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_roadside_openings_pass_id_opened_at", ["pass_id", "opened_at"], unique=False
        )


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
