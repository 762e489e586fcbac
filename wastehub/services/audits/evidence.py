"""Evidence that leaves the house: bundles and other forms of the sealed log, for supervision."""

from __future__ import annotations

from typing import IO

from sqlalchemy.orm import Session

from ... import ledger
from ...domain.actors import Actor
from ...domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from ...ledger import exports
from ...ledger.exports import FORMS, NothingSealed, Scope, UnknownScope
from .records import sites_of

# A request is no place for minutes: longer logs are exported from the command line.
ENTRIES_HERE_MAX = 300_000


def export_evidence(
    session: Session, out: IO[bytes], *, actor: Actor, scope: str, form: str, policy: str
) -> str:
    """Write the entries of a scope in a form (bundle, csv, epcis, hj1259); the file's name.

    A county's regulator gets sites, firms and batches of the county. Hand over a fresh session.
    Raises Forbidden, InvalidInput (evidence.unknown_form), NotFound (evidence.unknown_scope), Conflict
    (evidence.not_sealed, evidence.too_large). `policy`: the trust policy to suggest.
    """
    actor.require("evidence.export")
    exports.take_snapshot(session)
    if form not in FORMS:
        raise InvalidInput("evidence.unknown_form", field="form")
    size = ledger.size(session)
    if size > ENTRIES_HERE_MAX:
        raise Conflict("evidence.too_large", size=size, most=ENTRIES_HERE_MAX)
    try:
        wanted = exports.resolved(session, Scope.parse(scope))
        _require_own(session, actor, wanted)
        exports.write(session, out, form=form, scope=wanted, policy=policy)
    except UnknownScope as unknown:
        raise NotFound("evidence.unknown_scope", field="name", scope=scope) from unknown
    except NothingSealed as unsealed:
        raise Conflict("evidence.not_sealed") from unsealed
    return f"wastehub-{form}-{wanted.kind}-{size}.{FORMS[form]}"


def _require_own(session: Session, actor: Actor, scope: Scope) -> None:
    sites = sites_of(session, actor)
    if sites is None:
        return
    if scope.kind in ("all", "period"):
        raise Forbidden("evidence.whole_log")
    if scope.name.partition("/")[0] not in sites:
        raise Forbidden("evidence.elsewhere", field="name")
