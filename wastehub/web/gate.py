"""Every request is judged by the role of who sends it before anything else of it is read.

`acting` and `viewing` ask again; here it happens before a body is parsed, so that a stranger's malformed
request is refused as a stranger's, not explained.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request

from .auth import ask_to_sign_in
from .context import current_actor, signed_in_user
from .writing import require_writable


def init_app(app: Flask) -> None:
    app.before_request(require_action)


def require_action() -> Any:
    """The answer for somebody who may not; None lets the request through."""
    view = current_app.view_functions.get(request.endpoint or "")
    action = getattr(view, "wh_action", None)
    if action is None:
        return None
    if signed_in_user() is None:
        return ask_to_sign_in()
    current_actor().require(action)
    if request.path.startswith("/api/") and getattr(view, "wh_acts", False):
        # Also before a body is parsed; a page's form comes back with the reason and what was typed.
        require_writable()
    return None
