"""How a firm hands over: signatures, one-time codes, standing consents, agreed changes."""

import sqlalchemy as sa
from alembic import op

import wastehub.db

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _at(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, wastehub.db.UtcDateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    _consents_and_codes()
    _hand_overs()
    _agreed_changes()


def _consents_and_codes() -> None:
    op.create_table(
        "standing_consents",
        _id(),
        _id("enterprise_id"),
        _text("person_name", 40),
        _text("person_role", 40),
        _text("note", 300),
        sa.Column("valid_from_on", sa.Date(), nullable=False),
        sa.Column("valid_until_on", sa.Date(), nullable=False),
        _text("given_by", 60),
        _at("given_at"),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        _text("withdrawn_by", 60),
        _at("withdrawn_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _refers("standing_consents", "enterprise_id", "organisations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_consents")),
    )
    op.create_index(op.f("ix_standing_consents_enterprise_id"), "standing_consents", ["enterprise_id"])
    op.create_table(
        "hand_over_codes",
        _id(),
        _id("stop_id"),
        _text("code", 6),
        _text("shown_by", 60),
        _text("shown_name", 60),
        _at("shown_at"),
        _at("valid_until_at"),
        _at("used_at", nullable=True),
        _refers("hand_over_codes", "stop_id", "stops"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over_codes")),
    )
    op.create_index("ix_hand_over_codes_stop_id_shown_at", "hand_over_codes", ["stop_id", "shown_at"])


def _hand_overs() -> None:
    op.create_table(
        "hand_overs",
        _id(),
        _id("stop_id"),
        _text("way", 8),
        _text("person_name", 40),
        _text("photo_sha256", 64, nullable=True),
        _id("code_id", nullable=True),
        _id("consent_id", nullable=True),
        sa.Column("containers", sa.Integer(), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        _at("confirmed_at"),
        _at("received_at"),
        _text("author", 60),
        sa.Column("lon_e6", sa.Integer(), nullable=True),
        sa.Column("lat_e6", sa.Integer(), nullable=True),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        _refers("hand_overs", "stop_id", "stops"),
        _refers("hand_overs", "code_id", "hand_over_codes"),
        _refers("hand_overs", "consent_id", "standing_consents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_overs")),
    )
    op.create_index(op.f("ix_hand_overs_stop_id"), "hand_overs", ["stop_id"])
    op.create_index(op.f("ix_hand_overs_photo_sha256"), "hand_overs", ["photo_sha256"])


def _agreed_changes() -> None:
    op.create_table(
        "agreed_changes",
        _id(),
        _id("container_id"),
        _id("stop_id"),
        _text("what", 12),
        sa.Column("before_g", sa.BigInteger(), nullable=True),
        sa.Column("after_g", sa.BigInteger(), nullable=True),
        _text("before_type", 24, nullable=True),
        _text("after_type", 24, nullable=True),
        _text("reason", 40),
        _text("note", 300),
        _text("firm_name", 40),
        _text("firm_role", 12),
        _text("crew_name", 40),
        _text("photo_sha256", 64, nullable=True),
        _at("agreed_at"),
        _at("received_at"),
        _text("author", 60),
        _refers("agreed_changes", "container_id", "containers"),
        _refers("agreed_changes", "stop_id", "stops"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreed_changes")),
    )
    for column in ("container_id", "stop_id", "photo_sha256"):
        op.create_index(op.f(f"ix_agreed_changes_{column}"), "agreed_changes", [column])


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
