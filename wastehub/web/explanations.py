"""What each refusal means and what to do next, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import get_locale

from ..domain.errors import RuleViolation
from .explanation_tables import TABLES
from .presenting import present_params

HTTP_CODES: Mapping[int, str] = {
    400: "http.bad_request",
    401: "session.expired",
    403: "access.forbidden",
    404: "http.not_found",
    405: "http.method_not_allowed",
    409: "state.conflict",
    412: "version.stale",
    413: "http.too_large",
    415: "http.wrong_type",
    422: "input.invalid",
    428: "http.precondition_required",
    429: "http.too_many",
    503: "http.unavailable",
}


@dataclass(frozen=True)
class Explanation:
    """A refusal in words. `field` is the input at fault, empty when there is none."""

    code: str
    message: str
    field: str = ""

    def __str__(self) -> str:
        return self.message


class _Dash(dict[str, Any]):
    """A placeholder without a value shows a dash rather than breaking the sentence."""

    def __missing__(self, key: str) -> str:
        return "—"


# Of these an empty input is not wrong but missing.
READ_FROM_TEXT = frozenset({"day.malformed", "mass.not_a_number", "position.malformed", "window.malformed"})


def explain(violation: RuleViolation) -> Explanation:
    """The words for a violated rule."""
    if violation.code in READ_FROM_TEXT and violation.params.get("given") == "":
        return replace(explain_code("text.missing", field=violation.field), code=violation.code)
    return explain_code(violation.code, violation.params, violation.field)


def explain_code(code: str, params: Mapping[str, Any] | None = None, field: str = "") -> Explanation:
    """The words for a code and its numbers: of a refusal, a scan verdict, a stop left out.

    A code that nobody explained is shown as it is; tests/web keeps that from happening.
    """
    chinese, english = TABLES.get(code, TABLES["state.conflict"])
    text = english if str(get_locale() or "zh").startswith("en") else chinese
    return Explanation(code, text % _Dash(present_params(params or {})), field)


def explain_http(status: int) -> Explanation:
    return explain_code(HTTP_CODES.get(status, "http.failure" if status >= 500 else "http.bad_request"))
