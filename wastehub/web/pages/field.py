"""Phones of crews, and contradictions between what they recorded and what the platform knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...domain import roles, unsent_files
from ...domain.errors import RuleViolation
from ...models.field import FieldConflict
from ...services import photos
from ...services.field import boards, deciding, devices, handing_in, lost_records
from .. import field_words, label_sealing, words
from ..acting import Act, Errand, acting, in_parts, viewing
from ..context import current_actor, settings
from ..form_states import blank, refused, version_of
from ..forms import FormState
from ..gossip import compare_seen
from ..listing import Column, read_query

pages = Blueprint("field", __name__, url_prefix="/field")
pages.record_once(lambda state: words.register(state.app))

CONFLICT_COLUMNS = (
    Column("conflict_no", _l("编号"), "code"),
    Column("kind", _l("冲突"), value=lambda row: field_words.KINDS[row.kind]),
    Column("act", _l("手机记录"), sortable=False, value=lambda row: field_words.event_kind(row.event.kind)),
    Column("round", _l("车次"), sortable=False, priority=2, value=lambda row: row.ours.get("round_no", "")),
    Column("acted_at", _l("操作时间"), "at", sortable=False, value=lambda row: row.event.acted_at),
    Column("opened_at", _l("上传时间"), "at"),
    Column(
        "state",
        _l("状态"),
        "status",
        sortable=False,
        value=lambda row: field_words.CONFLICT_STATES[row.state],
    ),
)


def _state(row: FieldConflict) -> words.Word:
    return field_words.CONFLICT_STATES[row.state]


# -- conflicts --------------------------------------------------------------------------------------


@pages.get("/conflicts")
@viewing("conflict.view")
def conflicts(act: Act) -> Any:
    query = read_query(request.args, CONFLICT_COLUMNS, filters=("state",), sort="-opened_at")
    rows, count, sums = boards.conflict_list(
        act.session, actor=act.actor, state=query.filters["state"] or "open", **query.window
    )
    listing = query.show(rows, count=count, sums=sums)
    if query.export:
        return listing.export("conflicts")
    return render_template(
        "field/conflicts.html",
        listing=listing,
        href=lambda row: url_for("field.conflict", conflict_id=row.id),
    )


@pages.get("/conflicts/<uuid:conflict_id>")
@viewing("conflict.view")
def conflict(act: Act, conflict_id: UUID, form: FormState | None = None) -> Any:
    board = boards.conflict_board(act.session, actor=act.actor, conflict_id=conflict_id)
    row = board.conflict
    deciding_here = roles.may(act.actor.role, "conflict.decide")
    return render_template(
        "field/conflict.html",
        board=board,
        row=row,
        state=field_words.CONFLICT_STATES[row.state],
        kind=field_words.KINDS[row.kind],
        why=field_words.MEANINGS[row.kind],
        theirs=field_words.theirs(row, board.names.get(board.event.author, "—")),
        ours=field_words.ours(row, board.names),
        choices=board.choices if deciding_here else (),
        choice_words=field_words.CHOICES,
        form=form,
        fresh=blank,
    )


def _undecided(violation: RuleViolation, conflict_id: UUID) -> Any:
    form = refused(request.form, violation, dialog=request.form.get("choice", ""))
    return conflict(conflict_id=conflict_id, form=form)


@pages.post("/conflicts/<uuid:conflict_id>")
@acting("conflict.decide", on_violation=_undecided)
def decide(act: Act, conflict_id: UUID) -> Any:
    form = request.form
    decision = deciding.Decision(form.get("choice", ""), form.get("reason", ""), version_of(form))
    row = deciding.decide(
        act.session,
        actor=act.actor,
        conflict_id=conflict_id,
        decision=decision,
        seals=label_sealing.seals(request.host),
        now=act.now,
    )
    flash(_("冲突 %(number)s 已处理，并记入账本。", number=row.conflict_no), "good")
    return redirect(url_for("field.conflict", conflict_id=conflict_id))


# -- phones -----------------------------------------------------------------------------------------


def _phones(act: Act, form: FormState | None = None) -> Any:
    rows = devices.device_list(act.session, actor=act.actor)
    return render_template(
        "field/phones.html",
        rows=rows,
        state_of=lambda row: field_words.device_state(row, act.now),
        skew=field_words.skew,
        rejected=boards.rejected(act.session, [row.id for row in rows]),
        lost=lost_records.lost_by(act.session, [row.id for row in rows]),
        may_revoke=roles.may(act.actor.role, "device.revoke"),
        may_hand_in=roles.may(act.actor.role, "device.hand_in"),
        own_phones=act.actor.role == "driver",
        form=form,
        fresh=blank,
    )


@pages.get("/devices")
@viewing("device.view")
def phones(act: Act, form: FormState | None = None) -> Any:
    return _phones(act, form)


@pages.get("/devices/<uuid:device_id>")
@viewing("device.view")
def phone(act: Act, device_id: UUID) -> Any:
    """One phone: its key, its people, the newest of what it sent."""
    row = devices.detail(act.session, actor=act.actor, device_id=device_id)
    events = boards.events_of_device(act.session, device_id=row.id)
    return render_template(
        "field/phone.html",
        row=row,
        state=field_words.device_state(row, act.now),
        skew=field_words.skew,
        events=events,
        arrived=boards.photos_arrived(act.session, events),
        names=boards.names_of(
            act.session, [row.revoked_by, *(f"user:{each.user_id}" for each in row.people)]
        ),
        outcomes=field_words.OUTCOMES,
        event_kind=field_words.event_kind,
        rejected=boards.rejected(act.session, [row.id]).get(row.id, 0),
        lost=lost_records.lost_by(act.session, [row.id]).get(row.id, []),
        numbers=field_words.numbers,
        may_see_conflicts=roles.may(act.actor.role, "conflict.view"),
        may_hand_in=roles.may(act.actor.role, "device.hand_in"),
    )


@pages.post("/devices/<uuid:device_id>/revoke")
@acting("device.revoke", on_violation=lambda violation, device_id: _not_revoked(violation, device_id))
def revoke(act: Act, device_id: UUID) -> Any:
    row = devices.revoke(
        act.session, actor=act.actor, device_id=device_id, reason=request.form.get("reason", ""), now=act.now
    )
    flash(_("手机“%(name)s”已停用，并记入账本；它下次联网时会清除本机资料。", name=row.name), "good")
    return redirect(url_for("field.phones"))


def _not_revoked(violation: RuleViolation, device_id: UUID) -> Any:
    return phones(form=refused(request.form, violation, dialog=f"revoke-{device_id}"))


# -- the file of a broken phone ---------------------------------------------------------------------


def _hand_in_page(form: FormState, handed: Sequence[handing_in.HandedIn] = ()) -> str:
    return render_template(
        "field/hand_in.html",
        form=form,
        handed=handed,
        said=field_words.handed_in,
        tally=field_words.tally,
        event_kind=field_words.event_kind,
        may_see_conflicts=roles.may(current_actor().role, "conflict.view"),
    )


@pages.get("/devices/hand-in")
@viewing("device.hand_in")
def hand_in(act: Act) -> str:
    return _hand_in_page(blank())


@pages.post("/devices/hand-in")
@in_parts("device.hand_in")
def take_file(errand: Errand) -> Any:
    """What a broken phone had saved: judged record by record, as if the phone had sent it."""
    given = request.files.get("file")
    try:
        handed = handing_in.hand_in(
            errand.database.reading,
            errand.database.transaction,
            actor=errand.actor,
            file=unsent_files.read(given.read() if given else b""),
            folder=photos.folder_of(settings().blob_url),
            seals=label_sealing.seals(request.host),
            now=errand.now,
        )
    except RuleViolation as violation:
        return _hand_in_page(refused(request.form, violation)), violation.status
    for phone in handed:
        compare_seen(errand.database, phone.device.id, list(phone.seen))
    return _hand_in_page(blank(), handed)


@pages.post("/devices/hand-in/picture")
@acting("device.hand_in")
def take_picture(act: Act) -> Any:
    """A picture of a large file, as the body, before the file itself follows without its pictures."""
    folder = photos.folder_of(settings().blob_url)
    data = request.get_data(cache=True)
    photos.store_handed_in(act.session, actor=act.actor, data=data, folder=folder, now=act.now)
    return "", 204
