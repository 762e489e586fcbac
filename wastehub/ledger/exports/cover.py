"""cover.pdf: one A4 page that says in plain words what the bundle holds. For reading; the verifier proves."""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from wastehub import paths

from ..checkpoints import in_base64, short_form
from .scopes import REGION_TIME, Scope

Sums = dict[str, dict[str, int]]
"""Waste code -> kind of account -> grams."""

FONT, FONT_FILE = "NotoSansSC", paths.DIST / "label-font.ttf"
SCOPES = {
    "all": ("全部账册", "the whole log"),
    "site": ("单位", "site"),
    "firm": ("产废单位", "firm"),
    "batch": ("批次", "batch"),
    "period": ("期间", "period"),
}
COLUMNS = (
    ("GEN", "产生", "generated", -1),
    ("STOCK", "贮存", "stored", 1),
    ("TRANS", "在途", "on the road", 1),
    ("DONE", "利用处置", "treated", 1),
    ("LOSS", "损耗", "lost", 1),
    ("SPILL", "事故", "spilled", 1),
    ("TOL", "允差", "tolerance", 1),
    ("SUSP", "待查", "open cases", 1),
)
CODES_MAX = 16
# Else reportlab names a font of its own, which it does not embed.
_FONTED = ("FONT", (0, 0), (-1, -1), FONT, 8)
_INK, _FAINT, _LINE = colors.HexColor("#1c2733"), colors.HexColor("#5b6875"), colors.HexColor("#d5dbe1")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the cover says. `since`, `until`: when the first and the last entry were recorded. `stopped`:
    posting stands still, there are no sums.
    """

    scope: Scope
    origin: str
    size: int
    root: bytes
    sealed_at: datetime
    witnesses: int
    entries: int
    since: datetime | None
    until: datetime | None
    note: str
    stopped: bool = False


def pdf(facts: Facts, sums: Sums) -> bytes:
    """The page as a file; the same facts give the same bytes."""
    _register_font()
    out = io.BytesIO()
    page = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=20 * mm, rightMargin=20 * mm, topMargin=18 * mm, bottomMargin=16 * mm,
        title="危险废物收运台账 证据包", author=facts.origin, lang="zh-CN", invariant=1,
        initialFontName=FONT,
    )  # fmt: skip
    page.build([*_heading(facts), *_stopped(facts), *_table_of(sums, facts.scope), *_closing()])
    return out.getvalue()


@functools.cache
def _register_font() -> None:
    pdfmetrics.registerFont(TTFont(FONT, str(FONT_FILE)))


def _style(size: float, **more: Any) -> ParagraphStyle:
    more.setdefault("textColor", _INK)
    return ParagraphStyle("cover", fontName=FONT, fontSize=size, leading=size * 1.45, wordWrap="CJK", **more)


def _say(chinese: str, english: str = "", size: float = 10) -> list[Flowable]:
    made: list[Flowable] = [Paragraph(escape(chinese), _style(size))]
    if english:
        made.append(Paragraph(escape(english), _style(size - 2, textColor=_FAINT)))
    return made


def _heading(facts: Facts) -> list[Flowable]:
    kind_zh, kind_en = SCOPES[facts.scope.kind]
    named = f" {facts.scope.name}" if facts.scope.name else ""
    rows = (
        ("范围", "Scope", f"{kind_zh}（{kind_en}）{named}"),
        ("记录", "Entries", f"{facts.entries:,} 条"),
        ("登记时间", "Recorded", _span(facts.since, facts.until)),
        ("账册", "Log", facts.origin),
        ("封存时间", "Sealed", _moment(facts.sealed_at)),
        ("封存号", "Seal", short_form(facts.size, facts.root)),
        ("完整封存号", "Root", in_base64(facts.root)),
        ("见证方", "Witnesses", f"{facts.witnesses} 方已签署 / cosigned"),
    )
    cells = [[[*_say(zh, en, 9.5)], Paragraph(escape(said), _style(10))] for zh, en, said in rows]
    table = Table(cells, colWidths=[24 * mm, 101 * mm], hAlign="LEFT")
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                               ("LINEBELOW", (0, 0), (-1, -2), 0.4, _LINE), _FONTED]))  # fmt: skip
    beside = Table([[table, _Code(facts.note, 36 * mm)]], colWidths=[127 * mm, 38 * mm], hAlign="LEFT")
    beside.setStyle(
        TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0), _FONTED])
    )
    return [*_say("危险废物收运台账 证据包", "Evidence bundle of a hazardous-waste ledger", 20),
            Spacer(1, 6 * mm), beside, Spacer(1, 6 * mm)]  # fmt: skip


def _span(since: datetime | None, until: datetime | None) -> str:
    return f"{_moment(since)} 至 {_moment(until)}" if since and until else "—"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(REGION_TIME):%Y-%m-%d %H:%M}"


def _table_of(sums: Sums, scope: Scope) -> list[Flowable]:
    """Tonnes by waste code; the largest codes when there are too many for the page."""
    if not sums:
        return []
    by_size = sorted(sums, key=lambda code: (sums[code].get("GEN", 0), code))
    shown, rest = sorted(by_size[:CODES_MAX]), by_size[CODES_MAX:]
    rows = [[code, *_tonnes(sums[code])] for code in shown]
    if rest:
        rows.append([f"其余 {len(rest)} 种", *_tonnes(_total(sums[code] for code in rest))])
    rows.append(["合计", *_tonnes(_total(sums.values()))])
    head = [_cell("废物代码", "code"), *(_cell(zh, en) for _, zh, en, _ in COLUMNS)]
    table = Table(
        [head, *rows], colWidths=[25 * mm, *[17.5 * mm] * len(COLUMNS)], repeatRows=1, hAlign="LEFT"
    )
    table.setStyle(TableStyle([
        ("FONT", (0, 0), (-1, -1), FONT, 8), ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"), ("LINEBELOW", (0, 0), (-1, -2), 0.4, _LINE),
        ("LINEABOVE", (0, -1), (-1, -1), 0.8, _INK), ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("TOPPADDING", (0, 1), (-1, -1), 2), ("BOTTOMPADDING", (0, 1), (-1, -1), 3),
    ]))  # fmt: skip
    title = ("本单位账户余额（吨）", "Balances of this site's accounts (t)") if scope.kind == "site" else (
        "各类废物的去向（吨）", "Where the waste is, by code (t)")  # fmt: skip
    return [*_say(*title, 11), Spacer(1, 2 * mm), table, Spacer(1, 6 * mm)]


def _cell(chinese: str, english: str) -> Flowable:
    text = f'{chinese}<br/><font size="6" color="#5b6875">{english}</font>'
    return Paragraph(text, _style(8, alignment=0 if chinese == "废物代码" else 2))


def _total(each: Any) -> dict[str, int]:
    made: dict[str, int] = {}
    for by_kind in each:
        for kind, mass_g in by_kind.items():
            made[kind] = made.get(kind, 0) + mass_g
    return made


def _tonnes(by_kind: Mapping[str, int]) -> list[str]:
    return [_tonnes_of(sign * by_kind.get(kind, 0)) for kind, _, _, sign in COLUMNS]


def _tonnes_of(mass_g: int) -> str:
    """To the kilogram, which is what papers carry."""
    kg = (abs(mass_g) + 500) // 1000
    return f"{'-' if mass_g < 0 and kg else ''}{kg // 1000:,}.{kg % 1000:03d}"


def _stopped(facts: Facts) -> list[Flowable]:
    if not facts.stopped:
        return []
    said = _say(
        "导出时系统正停止入账，本包不含账户余额。原因与核验办法见包内 STOPPED.txt；恢复入账后请重新导出。",
        "Posting stood still when this was written: there are no balances in it. See STOPPED.txt.",
        11,
    )
    return [*said, Spacer(1, 6 * mm)]


def _closing() -> Sequence[Flowable]:
    return _say(
        "本页供阅读，不是证据。证据是包内的封存点与记录：请用自己的信任策略运行 wh_verify.py，"
        "方法见 README.txt。右上方的二维码为完整的封存点，可与其他纸面上的封存点比对。",
        "This page is for reading. The evidence is the checkpoint and the entries: run wh_verify.py with "
        "your own policy, see README.txt. The QR code holds the whole checkpoint.",
        9,
    )


class _Code(Flowable):  # type: ignore[misc]
    """A QR code that fills a square."""

    def __init__(self, text: str, side: float) -> None:
        super().__init__()
        code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
        code.add_data(text)
        code.make(fit=True)
        self._modules: list[list[bool]] = code.get_matrix()
        self.width = self.height = side

    def wrap(self, *_available: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        unit = self.width / len(self._modules)
        self.canv.setFillColor(colors.black)
        for row, cells in enumerate(self._modules):
            for column, dark in enumerate(cells):
                if dark:
                    top = self.height - (row + 1) * unit
                    self.canv.rect(column * unit, top, unit, unit, stroke=0, fill=1)
