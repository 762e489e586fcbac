"""${message}."""

import sqlalchemy as sa
from alembic import op

import wastehub.db
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """There is no way back: legal records are never dropped. Restore a backup instead."""
    raise NotImplementedError("restore a backup instead: wastehub restore")
