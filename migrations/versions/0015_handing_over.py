"""How a firm hands over: signatures, one-time codes, standing consent, agreed changes."""

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
