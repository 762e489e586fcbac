"""The edge in one place: sign-in, role, clock, transaction and double submits.

`@viewing("stock.view")` gives a view a read-only session; `@acting("batch.register")` gives it a
transaction that commits when the view returns and leaves no trace when it raises. A form or client
that sends the same idempotency key twice gets the first answer again, and the act happens once.

    @pages.post("/enterprise/batches")
    @acting("batch.register", on_violation=register_batch_form)
    def register_batch(act: Act) -> Response:
        [batch] = batches.register(act.session, drafts=[...], now=act.now)
        return redirect(url_for("enterprise.batch", batch_id=batch.id))
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, current_app, make_response, redirect, request
from flask_login import current_user, login_required
from marshmallow import Schema
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from .. import clock
from ..db import Database
from ..domain.actors import Actor
from ..domain.errors import InvalidInput, RuleViolation, StaleVersion
from ..models.idempotency import IdempotencyKey
from .context import current_actor, database
from .writing import require_writable

KEY_FIELD = "idempotency_key"
KEY_HEADER = "Idempotency-Key"


@dataclass(frozen=True)
class Act:
    """What a view needs to call a service: who, when, and inside which transaction."""

    session: Session
    actor: Actor
    now: datetime


class _AnsweredMeanwhile(Exception):
    """The same key was answered by a request that ran at the same moment."""


def viewing(action: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view that only looks. The wrapped function gets an `Act` with a read-only session."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        @login_required
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            actor = current_actor()
            actor.require(action)
            with database().reading() as session:
                return view(Act(session, actor, clock.now_utc()), *args, **kwargs)

        wrapped.wh_action = action  # type: ignore[attr-defined]
        return wrapped

    return decorate


def acting(
    action: str,
    *,
    on_violation: Callable[..., Any] | None = None,
    schema: type[Schema] | Schema | None = None,
    status: int = 200,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view that changes something, at most once per idempotency key.

    `on_violation(violation, **view_args)` renders the form again with what the person typed; it is
    called after the rollback and answers with the violation's HTTP status. Without it the general
    error page (or problem document) answers. `schema` dumps an API view's result with `status`
    inside the transaction, so that a repeated request gets the very same bytes.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        @login_required
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            actor = current_actor()
            try:
                actor.require(action)
                return _perform(view, actor, schema, status, args, kwargs)
            except RuleViolation as violation:
                if on_violation is None:
                    raise
                answer = make_response(on_violation(violation, **kwargs))
                answer.status_code = violation.status
                return answer

        wrapped.wh_action = action  # type: ignore[attr-defined]
        wrapped.wh_acts = True  # type: ignore[attr-defined]
        return wrapped

    return decorate


@dataclass(frozen=True)
class Errand:
    """What a view needs whose service opens its transactions itself."""

    database: Database
    actor: Actor
    now: datetime


def in_parts(action: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view whose act is done in several transactions, each of which may be repeated without harm."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        @login_required
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            actor = current_actor()
            actor.require(action)
            require_writable()
            return view(Errand(database(), actor, clock.now_utc()), *args, **kwargs)

        wrapped.wh_action = action  # type: ignore[attr-defined]
        wrapped.wh_acts = True  # type: ignore[attr-defined]
        return wrapped

    return decorate


def _perform(
    view: Callable[..., Any],
    actor: Actor,
    schema: type[Schema] | Schema | None,
    status: int,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    key = request.headers.get(KEY_HEADER) or request.form.get(KEY_FIELD, "")
    if len(key) > 80:
        raise InvalidInput("idempotency.key_too_long", field=KEY_HEADER, longest=80)
    digest = _request_digest() if key else ""
    require_writable()
    try:
        with database().transaction() as session:
            now = clock.now_utc()
            if key and (earlier := session.get(IdempotencyKey, (actor.author, key))):
                return _replay(earlier, digest)
            slot = _claim(session, actor, key, digest, now) if key else None
            result = view(Act(session, actor, now), *args, **kwargs)
            answer = _json(schema, result, status) if schema else make_response(result)
            if slot is not None:
                _keep(session, slot, answer)
        return answer
    except _AnsweredMeanwhile:
        with database().reading() as session:
            earlier = session.get(IdempotencyKey, (actor.author, key))
            assert earlier is not None, "a unique violation without its row"
            return _replay(earlier, digest)
    except StaleDataError as lost_race:
        raise StaleVersion("version.stale", field="version") from lost_race


def _request_digest() -> str:
    """SHA-256 of what was asked, without the anti-forgery token, which may differ between sends."""
    body = request.get_data(cache=True, parse_form_data=False) if not request.form else b""
    form = sorted((k, v) for k, v in request.form.items(multi=True) if k not in ("csrf_token", KEY_FIELD))
    asked = json.dumps([request.method, request.path, form], ensure_ascii=False).encode() + body
    return hashlib.sha256(asked).hexdigest()


def _claim(session: Session, actor: Actor, key: str, digest: str, now: datetime) -> IdempotencyKey:
    """Take the key first: a second request with it waits here until this one is through."""
    slot = IdempotencyKey(
        subject=actor.author, key=key, request_sha256=digest, status=0, location="", body=b"", answered_at=now
    )
    session.add(slot)
    try:
        session.flush()
    except IntegrityError as taken:
        raise _AnsweredMeanwhile from taken
    return slot


def _keep(session: Session, slot: IdempotencyKey, answer: Response) -> None:
    slot.status = answer.status_code
    slot.location = answer.headers.get("Location", "")
    slot.body = answer.get_data() if answer.mimetype == "application/json" else b""
    session.flush()


def _replay(earlier: IdempotencyKey, digest: str) -> Any:
    if earlier.request_sha256 != digest:
        raise InvalidInput("idempotency.key_reused", field=KEY_HEADER)
    if earlier.location:
        return redirect(earlier.location, code=earlier.status)
    return current_app.response_class(
        earlier.body,
        status=earlier.status,
        mimetype="application/json",
        headers={"Idempotent-Replayed": "true"},
    )


def _json(schema: type[Schema] | Schema, result: Any, status: int) -> Response:
    dumper = schema() if isinstance(schema, type) else schema
    return current_app.response_class(
        json.dumps(dumper.dump(result), ensure_ascii=False), status=status, mimetype="application/json"
    )


def signed_in() -> bool:
    return bool(current_user.is_authenticated)
