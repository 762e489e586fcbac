"""The one place where a violated rule becomes a page or a problem document."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_smorest import Api
from flask_wtf.csrf import CSRFError
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from ..domain.errors import RuleViolation
from .explanations import Explanation, explain, explain_code, explain_http

log = logging.getLogger("wastehub.web")


class ProblemErrorSchema(Schema):
    field = fields.String(metadata={"description": "JSON pointer or form field at fault"})
    code = fields.String()
    message = fields.String(metadata={"description": "what happened and what to do next"})


class ProblemSchema(Schema):
    """RFC 9457 problem document."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    instance = fields.String()
    errors = fields.List(fields.Nested(ProblemErrorSchema))


class ProblemApi(Api):
    """flask-smorest whose errors are problem documents below /api and pages elsewhere."""

    ERROR_SCHEMA = ProblemSchema

    def _register_responses(self) -> None:
        usual: str = Api.DEFAULT_RESPONSE_CONTENT_TYPE
        self.DEFAULT_RESPONSE_CONTENT_TYPE = "application/problem+json"
        try:
            super()._register_responses()
        finally:
            self.DEFAULT_RESPONSE_CONTENT_TYPE = usual

    def _register_error_handlers(self) -> None:
        """Ours are in `init_app`: they look at the path first."""


def wants_problem() -> bool:
    return request.path.startswith("/api/")


def problem(status: int, explanation: Explanation, errors: list[dict[str, str]]) -> Response:
    answer = jsonify(
        type=f"/problems/{explanation.code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=explanation.message,
        instance=request.path,
        errors=errors,
    )
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer


def page(status: int, explanation: Explanation) -> Response:
    body = render_template(
        "errors/error.html", status=status, explanation=explanation, request_id=g.get("request_id", "")
    )
    return current_app.response_class(body, status=status)


def on_rule_violation(violation: RuleViolation) -> Response:
    explanation = explain(violation)
    if not wants_problem():
        return page(violation.status, explanation)
    error = {
        "field": violation.field,
        "code": violation.code,
        "message": explanation.message,
    }
    return problem(violation.status, explanation, [error])


def on_http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    explanation = explain_http(status)
    if wants_problem():
        answer = problem(status, explanation, list(_field_errors(getattr(error, "data", None) or {})))
    else:
        answer = page(status, explanation)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            answer.headers[name] = value
    return answer


def _field_errors(data: dict[str, Any]) -> Any:
    """webargs' messages by location, flattened to one error per field."""
    for location, messages in (data.get("messages") or {}).items():
        yield from _flatten(messages, "" if location == "json" else location)


def _flatten(messages: Any, path: str) -> Any:
    if isinstance(messages, dict):
        for key, value in messages.items():
            yield from _flatten(value, f"{path}.{key}" if path else str(key))
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield {"field": path, "code": "input.invalid", "message": str(message)}


def on_csrf_error(error: CSRFError) -> Response:
    explanation = explain_code("form.token_expired")
    return problem(400, explanation, []) if wants_problem() else page(400, explanation)


def on_crash(error: Exception) -> Response:
    log.exception("unexpected failure", extra={"request_id": g.get("request_id", "")})
    explanation = explain_http(500)
    return problem(500, explanation, []) if wants_problem() else page(500, explanation)


def init_app(app: Flask) -> None:
    app.register_error_handler(RuleViolation, on_rule_violation)
    app.register_error_handler(CSRFError, on_csrf_error)
    app.register_error_handler(HTTPException, on_http_error)
    if not app.testing and not app.debug:
        app.register_error_handler(Exception, on_crash)
