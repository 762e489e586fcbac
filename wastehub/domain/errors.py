"""What a person did that a rule forbids."""

from __future__ import annotations

from typing import Any


class RuleViolation(Exception):
    """A forbidden act. Nothing has been changed.

    `code`   stable, lower-case, dotted: "mass.not_positive". `web/explanations.py` has the sentence
             and the remedy for each code in Chinese and English.
    `field`  the input at fault ("mass_g", "containers.2.mass_g"), empty when no single field is.
    `params` plain values for the sentence (numbers in the units their names carry).
    `status` the HTTP status the edge answers with.
    """

    code = "rule.violated"
    status = 422

    def __init__(self, code: str = "", *, field: str = "", **params: Any) -> None:
        self.code = code or type(self).code
        self.field = field
        self.params = params
        super().__init__(self.code, field, params)

    def __str__(self) -> str:
        detail = ", ".join(f"{key}={value!r}" for key, value in sorted(self.params.items()))
        where = f" [{self.field}]" if self.field else ""
        return f"{self.code}{where} {detail}".strip()


class InvalidInput(RuleViolation):
    """A value that is wrong by itself: 422."""

    code = "input.invalid"
    status = 422


class Conflict(RuleViolation):
    """Right in itself, but not in the present state of things: 409."""

    code = "state.conflict"
    status = 409


class StaleVersion(Conflict):
    """Somebody else changed the object since the form was opened: 409."""

    code = "version.stale"


class Forbidden(RuleViolation):
    """This person may not do this, or not to this object: 403."""

    code = "access.forbidden"
    status = 403


class NotFound(RuleViolation):
    """No such thing, or none that this person may know of: 404."""

    code = "object.not_found"
    status = 404
