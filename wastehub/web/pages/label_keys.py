"""The public keys of labels, for everybody: a scanner that has them judges labels without a network."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify

from ...domain import label_seals
from ...services import label_keys
from .. import label_sealing
from ..context import database, settings
from ..limits import limiter

pages = Blueprint("label_keys", __name__)

FOR_NOW = "public, max-age=300"


@pages.get("/label-keys.json")
@limiter.limit("120 per minute")
def published() -> Any:
    """Keys with their validity, the name that seals are bound to, and the addresses that are ours."""
    with database().reading() as session:
        rows = label_keys.published(session)
    answer = jsonify(
        origin=settings().log_origin,
        hosts=sorted(label_sealing.hosts()),
        message="wastehub label 1\\n<origin>\\n<label code>\\n",
        seal={"key_digits": label_seals.KEY_DIGITS, "signature_digits": label_seals.SIGNATURE_DIGITS},
        keys=[
            {
                "number": f"{row.number:05d}",
                "public_key": row.public_key,
                "added_at": _at(row.added_at),
                "retired_at": _at(row.retired_at),
                "revoked_at": _at(row.revoked_at),
            }
            for row in rows
        ],
    )
    answer.headers["Cache-Control"] = FOR_NOW
    return answer


def _at(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
