"""Forms as they are first shown, and as they come back after a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask import flash

from ..domain.errors import RuleViolation
from .explanations import explain
from .forms import FormState


def blank(
    values: Mapping[str, Any] | None = None, *, version: int | None = None, dialog: str = ""
) -> FormState:
    """A form opened now: its idempotency key makes a double submit harmless."""
    return FormState(values=values or {}, version=version, idempotency_key=str(uuid4()), dialog=dialog)


def refused(submitted: Mapping[str, Any], violation: RuleViolation, *, dialog: str = "") -> FormState:
    """The form again, with everything the person typed and the reason at the field at fault.

    A reason that belongs to no input of the form is said at the top of the page.
    """
    message = explain(violation).message
    visible = violation.field not in ("", "version")
    if not visible:
        flash(message, "bad")
    return FormState(
        values=submitted,
        errors={violation.field: message} if visible else {},
        version=version_of(submitted),
        idempotency_key=str(uuid4()),
        dialog=dialog,
    )


def version_of(submitted: Mapping[str, Any]) -> int | None:
    """The version a form was opened at; None when it says none that could be one."""
    text = str(submitted.get("version", ""))
    return int(text) if text.isascii() and text.isdigit() else None
