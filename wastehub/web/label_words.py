"""What became of a label, in a sentence: the same on pages and on the phone at the gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from ..domain import roll_codes
from ..domain.errors import InvalidInput, NotFound
from ..services import label_lives
from ..services.label_lives import Life
from . import formatting

LIFE_STATES: Mapping[str, tuple[str, Any]] = {
    "draft": ("warn", _l("待打印")),
    "printed": ("good", _l("已打印")),
    "reprinted": ("good", _l("已补打")),
    "replaced": ("bad", _l("已更换")),
    "void": ("bad", _l("已作废")),
    "roll_free": ("warn", _l("预印标签，未启用")),
    "roll_void": ("bad", _l("预印标签，已作废")),
}

ROLL_STATES: Mapping[str, tuple[str, Any]] = {
    "handed_out": ("active", _l("使用中")),
    "returned": ("neutral", _l("已收回")),
    "lost": ("bad", _l("已挂失")),
}

ROLL_LABEL_STATES: Mapping[str, tuple[str, Any]] = {
    "free": ("waiting", _l("未使用")),
    "bound": ("good", _l("已绑定")),
    "void": ("neutral", _l("已作废")),
}


def told(session: Session, text: str) -> str:
    """The sentence about a code that somebody searches for; empty when it is none, or one that counts."""
    if len(text) < 9:
        return ""
    try:
        return sentence(label_lives.life_of(session, text=text))
    except (InvalidInput, NotFound):
        return ""


def sentence(life: Life) -> str:
    """What to tell whoever holds the label; empty for one that counts."""
    if life.state == "replaced":
        if not life.successor:
            return _("这个标签已被更换，新标签也已作废。")
        return _("这个标签已被更换，以新标签 %(code)s 为准。", code=formatting.label_code(life.successor))
    if life.state == "void":
        return _("这个标签已作废，容器上不应再出现。")
    if life.state == "roll_free":
        return _("预印标签 %(code)s 还没有绑定容器。", code=roll_codes.grouped(life.code))
    if life.state == "roll_void":
        return _("预印标签 %(code)s 所在的卷已收回或挂失。", code=roll_codes.grouped(life.code))
    return ""
