"""What outsiders check us with: checkpoints, tiles and receipts for everybody, and the pages about them.

The public addresses are those of C2SP tlog-tiles below /ledger. Entry bundles are not among them: entries
tell what firms do, so they travel in exports, to those who may see them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, render_template, url_for
from flask import request as http
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from ...domain.errors import NotFound
from ...ledger import integrating, receipts, stored_tiles, tiles, transparency
from ...ledger import size as ledger_size
from ...ledger.checkpoints import SHORT_CHARS, in_base64, short_form
from ...ledger.integrating import Checkpoint
from ...ledger.notes import VerifierKey
from ...ledger.policies import NONE, Policy
from .. import witness_words
from ..acting import Act, viewing
from ..context import database
from ..explanations import explain_code
from ..label_drawing import qr_svg
from ..listing import Column, read_query
from ..printed_seals import printed_seal
from ..writing import held

pages = Blueprint("transparency", __name__)

TEXT = "text/plain; charset=utf-8"
FOREVER = "public, max-age=31536000, immutable"
FOR_NOW = "public, max-age=2"
QR_MM = 44
# How many checkpoints are looked through for stretches without witnesses.
GAPS_LOOKED_THROUGH = 500

OUTCOMES = {
    "cosigned": ("good", _l("已见证")),
    "down": ("warn", _l("未应答")),
    "ahead": ("bad", _l("见过更多记录")),
    "forgot": ("bad", _l("丢失了见证记忆，应更换")),
    "refused": ("bad", _l("不予认可")),
}


# --- for everybody -----------------------------------------------------------------------------------------


@pages.get("/ledger/checkpoint")
def checkpoint() -> Response:
    """The newest checkpoint with all cosignatures."""
    with database().reading() as session:
        newest = integrating.latest(session)
        if newest is None:
            abort(404)
        note = integrating.cosigned(session, newest.size)
    return _answer(note.encode(), TEXT, FOR_NOW)


@pages.get("/ledger/tile/<path:name>")
def tile(name: str) -> Response:
    """Hashes of a tile of the newest checkpoint's tree. No tile ever changes."""
    try:
        asked = tiles.read_path("tile/" + name)
    except tiles.BadPath:
        abort(404)
    if asked.level is None:
        abort(404)
    with database().reading() as session:
        newest = integrating.latest(session)
        if newest is None or asked.width > tiles.width_of(asked.level, asked.index, newest.size):
            abort(404)
        hashes = stored_tiles.hashes(session, asked.level, asked.index, asked.width)
    return _answer(b"".join(hashes), "application/octet-stream", FOREVER)


@pages.get("/ledger/receipt/<uuid:event_id>" + receipts.SUFFIX)
def receipt(event_id: UUID) -> Response:
    """The proof that the entry with that event id stands in the log. It does not tell what the entry says."""
    with database().reading() as session:
        idx = transparency.index_of(session, event_id)
        try:
            made = transparency.receipt(session, -1 if idx is None else idx, held().policy)
        except LookupError:
            abort(404)
    answer = _answer(made.text().encode(), TEXT, FOR_NOW)
    answer.headers["Content-Disposition"] = f'attachment; filename="{made.index}{receipts.SUFFIX}"'
    return answer


def _answer(data: bytes, content_type: str, caching: str) -> Response:
    headers = {"Content-Type": content_type, "Cache-Control": caching}
    answer: Response = current_app.response_class(data, headers=headers)
    return answer


# --- the pages ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signer:
    """One witness under one checkpoint."""

    name: str
    at: datetime
    line: str


@dataclass(frozen=True)
class Seal:
    """A checkpoint with its witnesses, as a list shows it."""

    size: int
    at: datetime
    short: str
    signers: Sequence[Signer]
    quorum: tuple[str, Any]
    reached: bool = True

    def signed_by(self, name: str) -> Signer | None:
        """The line of one witness under this checkpoint."""
        return next((each for each in self.signers if each.name == name), None)

    @property
    def seal_number(self) -> Markup:
        """The characters without the size; a narrow screen may break them in the middle."""
        number = self.short.partition(" ")[2]
        return Markup("{}<wbr>{}").format(number[: SHORT_CHARS // 2], number[SHORT_CHARS // 2 :])

    @property
    def names(self) -> str:
        return "、".join(each.name for each in self.signers)


COLUMNS = (
    Column("size", _l("截至记录"), "number", sortable=False),
    Column("at", _l("封存时间"), "at", sortable=False),
    Column("names", _l("见证方"), sortable=False, custom=True, value=lambda row: row.names),
    Column("quorum", _l("见证要求"), "status", sortable=False),
    Column("short", _l("封存号"), "code", sortable=False),
)


@pages.get("/regulator/checkpoints")
@viewing("ledger.view")
def checkpoints(act: Act) -> Any:
    query = read_query(http.args, COLUMNS, sort="size")
    count = integrating.count(act.session)
    shown = integrating.history(act.session, limit=query.limit, offset=query.offset)
    listing = query.show(_seals(act, shown), count=count, sums={})
    if query.export:
        return listing.export("checkpoints")
    newest = next(iter(_seals(act, integrating.history(act.session, limit=1))), None)
    recent = _seals(act, integrating.history(act.session, limit=GAPS_LOOKED_THROUGH))
    return render_template(
        "transparency/checkpoints.html",
        listing=listing,
        newest=newest,
        unsealed=ledger_size(act.session) - (newest.size if newest else 0),
        witnesses=_witnesses(act),
        refusals=[explain_code(each.code, each.params) for each in held().anchor.refusals().values()],
        quorum_asked=held().policy.quorum != NONE,
        quorum_words=witness_words.quorum(held().policy),
        gaps=witness_words.gaps(recent, now=act.now),
        looked_through=len(recent),
        seal=printed_seal(act.session),
        seal_href=lambda row: url_for("transparency.checkpoint_detail", size=row.size),
    )


@pages.get("/regulator/checkpoints/<int:size>")
@viewing("ledger.view")
def checkpoint_detail(act: Act, size: int) -> str:
    found = integrating.at_size(act.session, size)
    if found is None:
        raise NotFound("object.not_found")
    (seal,) = _seals(act, [found])
    note = integrating.cosigned(act.session, size)
    before = integrating.history(act.session, limit=1, up_to=size - 1)
    return render_template(
        "transparency/checkpoint_detail.html",
        seal=seal,
        root=in_base64(found.root),
        note=note,
        before=before[0] if before else None,
        qr=qr_svg(note, side_mm=QR_MM, label=seal.short),
        origin=found.head.origin,
        quorum_asked=held().policy.quorum != NONE,
    )


def _seals(act: Act, found: Sequence[Checkpoint]) -> list[Seal]:
    policy = held().policy
    names = {str(witness.key): witness.name for witness in policy.witnesses}
    by_size: dict[int, list[tuple[VerifierKey, Signer]]] = {each.size: [] for each in found}
    for each in integrating.cosignatures(act.session, list(by_size)):
        key = VerifierKey.parse(each.witness)
        signer = Signer(names.get(each.witness, key.name), each.at, each.line)
        by_size[each.size].append((key, signer))
    return [_seal(each, by_size[each.size], policy) for each in found]


def _seal(found: Checkpoint, signed: Sequence[tuple[VerifierKey, Signer]], policy: Policy) -> Seal:
    if policy.quorum == NONE:
        quorum = ("neutral", _("未设"))
    elif policy.reached({key for key, _signer in signed}):
        quorum = ("good", _("已达到"))
    else:
        quorum = ("waiting", _("尚未达到"))
    short = short_form(found.size, found.root)
    reached = policy.quorum == NONE or quorum[0] == "good"
    return Seal(found.size, found.at, short, [signer for _key, signer in signed], quorum, reached)


@dataclass(frozen=True)
class WitnessView:
    """A witness of the policy: how far it has cosigned, and how the last question ended."""

    name: str
    key_name: str
    size: int
    outcome: tuple[str, Any]
    asked_at: datetime | None


def _witnesses(act: Act) -> list[WitnessView]:
    states = held().anchor.witnesses()
    made = []
    for witness in held().policy.witnesses:
        state = states.get(witness.name)
        outcome = OUTCOMES[state.outcome] if state else ("waiting", _("尚未询问"))
        size = integrating.last_cosigned(act.session, str(witness.key))
        made.append(WitnessView(witness.name, witness.key.name, size, outcome, state.at if state else None))
    return made
