"""Which language a reader gets: own choice, then what the browser asks for, then Chinese."""

from flask import has_request_context, request, session

# Pages for people who never sign in.
STRANGERS = frozenset({"public", "roadside", "firm_codes"})


def select_locale() -> str:
    """The msgids are Chinese, so Chinese needs no catalogue. "zh" or "en"."""
    if not has_request_context():
        return "zh"
    if request.blueprint in STRANGERS:
        # The address says it, not the cookie: such a page may be kept by caches for everybody.
        asked = request.args.get("lang") or request.form.get("lang")
        return asked if asked in ("zh", "en") else _accepted()
    chosen = session.get("locale")
    if chosen in ("zh", "en"):
        return str(chosen)
    return _accepted()


def _accepted() -> str:
    # Match on bare languages: "zh-CN", which nearly every Chinese browser sends, matches no "zh_Hans_CN".
    return request.accept_languages.best_match(["zh", "en"], default="zh") or "zh"
