"""Security headers on every answer."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

CSP = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


def init_app(app: Flask, *, https: bool) -> None:
    @app.before_request
    def number_the_request() -> None:
        g.request_id = secrets.token_hex(6)

    @app.after_request
    def protect(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", CSP)
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        answer.headers.setdefault("Referrer-Policy", "same-origin")
        answer.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self)")
        answer.headers["X-Request-Id"] = g.get("request_id", "")
        if https:
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if not request.path.startswith("/static/"):
            # Pages of signed-in people must not be kept by shared caches or the back button.
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer
