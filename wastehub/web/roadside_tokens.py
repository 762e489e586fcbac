"""The token of a roadside link: which pass it is, signed by this installation.

When it ends stands in the database, where the crew can also withdraw it; the signature keeps strangers from
trying ids, and tells a link of another installation from ours.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, Signer

from ..domain.errors import NotFound
from .context import settings

LONGEST = 120


def _signer() -> Signer:
    return Signer(
        current_app.config["SECRET_KEY"],
        salt="roadside pass",
        key_derivation="hmac",
        digest_method=hashlib.sha256,
    )


def token_of(pass_id: UUID) -> str:
    return _signer().sign(urlsafe_b64encode(pass_id.bytes).rstrip(b"=")).decode()


def address_of(pass_id: UUID) -> str:
    """The address of a link: what stands in the code that is shown."""
    return f"{settings().base_url.rstrip('/')}/r/{token_of(pass_id)}"


def pass_of(token: str) -> UUID:
    """The pass of a token. Raises NotFound("roadside.forged")."""
    if len(token) > LONGEST:
        raise NotFound("roadside.forged")
    try:
        return UUID(bytes=urlsafe_b64decode(_signer().unsign(token.encode()) + b"=="))
    except (BadSignature, ValueError) as forged:
        raise NotFound("roadside.forged") from forged
