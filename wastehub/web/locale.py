"""Which language a reader gets: own choice, then what the browser asks for, then Chinese."""

from flask import has_request_context, request, session


def select_locale() -> str:
    """The msgids are Chinese, so Chinese needs no catalogue. "zh" or "en"."""
    if not has_request_context():
        return "zh"
    chosen = session.get("locale")
    if chosen in ("zh", "en"):
        return str(chosen)
    # Match on bare languages: "zh-CN", which nearly every Chinese browser sends, matches no "zh_Hans_CN".
    return request.accept_languages.best_match(["zh", "en"], default="zh") or "zh"
