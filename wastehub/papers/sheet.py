"""An A4 form: title, codes, ruled fields, tables that go on over pages, signatures, seal in the foot.

Every label is Chinese with small English under it. Lengths in millimetres, y counted from the top.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from reportlab.lib.units import mm

from . import fonts, page, qr

WIDE, HIGH = page.A4_MM
LEFT, RIGHT, TOP, BOTTOM = 15.0, 15.0, 12.0, 17.0
ROOM = WIDE - LEFT - RIGHT
TEXT, SMALL, TINY = 3.0, 2.2, 1.9  # font sizes
LEADING = 1.25
PAD = 0.95
GREY, BLACK, SHADE = 0.38, 0.0, 0.94
QR_MM = 26.0

Pair = tuple[str, str]  # Chinese, English


@dataclass(frozen=True, slots=True)
class Seal:
    """The newest checkpoint: what binds a paper printed now to the ledger."""

    size: int
    short: str
    note: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `share`: how much of the row it takes, against its neighbours."""

    name: Pair
    value: str
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Column:
    name: Pair
    share: float
    right: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """The top of the first page. `link`: address in the left code; the right one holds the checkpoint."""

    title: Pair
    number: str
    subtitle: Pair = ("", "")
    remark: str = ""
    link: str = ""
    author: str = ""
    printed_at: str = ""
    seal: Seal | None = None


@dataclass
class Sheet:
    """Collects the parts of a paper in order; `file()` draws them, page by page."""

    head: Head
    label_mm: float = 29.0
    parts: list[Callable[[_Pen], None]] = field(default_factory=list)

    def heading(self, text: Pair) -> None:
        self.parts.append(lambda pen: pen.heading(text))

    def fields(self, *rows: Sequence[Field]) -> None:
        for row in rows:
            self.parts.append(lambda pen, row=row: pen.field_row(row, self.label_mm))  # type: ignore[misc]

    def table(
        self, columns: Sequence[Column], rows: Sequence[Sequence[str]], total: Sequence[str] = ()
    ) -> None:
        self.parts.append(lambda pen: pen.table(columns, rows, total))

    def note(self, text: str, *, strong: bool = False) -> None:
        self.parts.append(lambda pen: pen.note(text, strong))

    def space(self, high_mm: float = 2.0) -> None:
        self.parts.append(lambda pen: pen.skip(high_mm))

    def signatures(self, roles: Sequence[Pair]) -> None:
        self.parts.append(lambda pen: pen.signatures(roles))

    def draw(self, high_mm: float, how: Callable[[Any, float, float], None]) -> None:
        """Something of one's own: `how(canvas, x, y)` gets the lower left corner of its place."""
        self.parts.append(lambda pen: pen.own(high_mm, how))

    def file(self) -> bytes:
        """The paper as PDF; the same facts give the same bytes. Drawn twice: the first time counts pages."""
        return self._drawn(self._drawn(0)[1])[0]

    def _drawn(self, pages: int) -> tuple[bytes, int]:
        out = io.BytesIO()
        title = f"{self.head.title[0]} {self.head.number}".strip()
        canvas = page.canvas(out, title=title, author=self.head.author)
        pen = _Pen(canvas, self.head, pages)
        for part in self.parts:
            part(pen)
        pen.finish()
        canvas.save()
        return out.getvalue(), pen.page_no


class _Pen:
    """Where the next part goes on the page. `y` is counted from the top."""

    def __init__(self, canvas: Any, head: Head, pages: int) -> None:
        self.canvas, self.head, self.pages, self.page_no = canvas, head, pages, 1
        self.y = TOP
        self._first_head()

    # -- pages --------------------------------------------------------------------------------------

    def _first_head(self) -> None:
        head = self.head
        codes = [text for text in (head.link, head.seal.note if head.seal else "") if text]
        x = WIDE - RIGHT
        for text, caption in reversed(list(zip(codes, ("查验链接 Link", "封存点 Checkpoint"), strict=False))):
            x -= QR_MM
            qr.draw(self.canvas, qr.matrix(text, level="M"), x, HIGH - TOP - QR_MM, QR_MM, quiet=2)
            self.write(x + QR_MM / 2, TOP + QR_MM + 1.6, caption, TINY, grey=True, anchor="middle")
            x -= 2
        self.write(LEFT, TOP + 6.5, head.title[0], 6.6, bold=True)
        self.write(LEFT, TOP + 11, head.title[1], SMALL, grey=True)
        y = TOP + 17.5
        if head.number:
            self.write(LEFT, y, f"编号 No. {head.number}", 4.2, bold=True)
        for text in (" ".join(part for part in head.subtitle if part), head.remark):
            if text:
                y += 4.6
                for line in fonts.wrap(text, 2.8, x - LEFT - 2):
                    self.write(LEFT, y, line, 2.8)
                    y += 3.8
                y -= 3.8
        self.y = max(TOP + QR_MM + 3, y + 2.5)

    def turn(self) -> None:
        self.finish()
        self.page_no += 1
        self.y = TOP
        self.write(LEFT, self.y + 3, f"{self.head.title[0]} {self.head.number}", SMALL + 0.4)
        self.y += 7

    def finish(self) -> None:
        """Foot and end of the page."""
        head, y = self.head, HIGH - BOTTOM + 6
        self.rule(LEFT, y - 3.4, WIDE - RIGHT, 0.15)
        said = f"打印时间 Printed {head.printed_at}"
        if head.seal:
            said += f"　本账册截至 {head.seal.size:,} 条记录　封存号 Seal {head.seal.short}"
        self.write(LEFT, y, said, TINY, grey=True)
        number = f"第 {self.page_no} 页" + (f"，共 {self.pages} 页" if self.pages else "")
        self.write(WIDE - RIGHT, y, number, TINY, grey=True, anchor="end")
        self.canvas.showPage()

    def need(self, high: float) -> None:
        if self.y + high > HIGH - BOTTOM:
            self.turn()

    # -- ink ----------------------------------------------------------------------------------------

    def write(
        self, x: float, y: float, text: str, size: float, *, bold: bool = False, grey: bool = False,
        anchor: fonts.Anchor = "start",
    ) -> None:  # fmt: skip
        self.canvas.setFillGray(GREY if grey else BLACK)
        self.canvas.setStrokeGray(GREY if grey else BLACK)
        fonts.draw(self.canvas, x, HIGH - y, text, size, bold=bold, anchor=anchor)

    def rule(self, x1: float, y: float, x2: float, width: float = 0.2) -> None:
        self.canvas.setStrokeGray(BLACK)
        page.line(self.canvas, x1, HIGH - y, x2, HIGH - y, width)

    def box(self, x: float, y: float, wide: float, high: float, *, shade: bool = False) -> None:
        self.canvas.setStrokeGray(BLACK)
        self.canvas.setLineWidth(0.2 * mm)
        self.canvas.setFillGray(SHADE if shade else 1)
        self.canvas.rect(x * mm, (HIGH - y - high) * mm, wide * mm, high * mm, stroke=1, fill=int(shade))

    # -- parts --------------------------------------------------------------------------------------

    def skip(self, high: float) -> None:
        self.y += high

    def heading(self, text: Pair) -> None:
        self.need(20)
        self.y += 2.2
        self.write(LEFT, self.y + 3, text[0], 3.8, bold=True)
        beside = LEFT + fonts.width_mm(text[0], 3.8) + 2
        self.write(beside, self.y + 3, text[1], SMALL, grey=True)
        self.y += 5

    def field_row(self, row: Sequence[Field], label_mm: float) -> None:
        shares = sum(each.share for each in row)
        widths = [ROOM * each.share / shares for each in row]
        values = [
            fonts.wrap(each.value or "—", TEXT, wide - label_mm - 2 * PAD)
            for each, wide in zip(row, widths, strict=True)
        ]
        labels = [_label(each.name, label_mm - 2 * PAD) for each in row]
        high = max(
            max(len(lines) * TEXT * LEADING for lines in values), max(_label_high(each) for each in labels)
        ) + 2 * PAD  # fmt: skip
        self.need(high)
        x = LEFT
        for wide, label, lines in zip(widths, labels, values, strict=True):
            self.box(x, self.y, label_mm, high, shade=True)
            self.box(x + label_mm, self.y, wide - label_mm, high)
            self._label(x + PAD, self.y + PAD, label)
            for at, line in enumerate(lines):
                self.write(x + label_mm + PAD, self.y + PAD + TEXT * (0.88 + at * LEADING), line, TEXT)
            x += wide
        self.y += high

    def _label(self, x: float, y: float, label: list[tuple[str, float, bool]]) -> None:
        for text, size, grey in label:
            y += size * LEADING
            self.write(x, y - size * 0.3, text, size, grey=grey)

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], total: Sequence[str]) -> None:
        shares = sum(each.share for each in columns)
        widths = [ROOM * each.share / shares for each in columns]
        self.need(16)
        self._table_head(columns, widths)
        for row in rows:
            self._table_row(columns, widths, row)
        if total:
            self._table_row(columns, widths, total, shade=True)

    def _table_head(self, columns: Sequence[Column], widths: Sequence[float]) -> None:
        labels = [_label(c.name, w - 2 * PAD) for c, w in zip(columns, widths, strict=True)]
        high = max(_label_high(label) for label in labels) + 2 * PAD
        x = LEFT
        for wide, label in zip(widths, labels, strict=True):
            self.box(x, self.y, wide, high, shade=True)
            self._label(x + PAD, self.y + PAD, label)
            x += wide
        self.y += high

    def _table_row(
        self, columns: Sequence[Column], widths: Sequence[float], row: Sequence[str], shade: bool = False
    ) -> None:
        cells = [fonts.wrap(text, TEXT, wide - 2 * PAD) for text, wide in zip(row, widths, strict=True)]
        high = max(len(cell) for cell in cells) * TEXT * LEADING + 2 * PAD
        if self.y + high > HIGH - BOTTOM:
            self.turn()
            self._table_head(columns, widths)
        x = LEFT
        for column, wide, lines in zip(columns, widths, cells, strict=True):
            self.box(x, self.y, wide, high, shade=shade)
            for at, line in enumerate(lines):
                y = self.y + PAD + TEXT * (0.88 + at * LEADING)
                if column.right:
                    self.write(x + wide - PAD, y, line, TEXT, anchor="end")
                else:
                    self.write(x + PAD, y, line, TEXT)
            x += wide
        self.y += high

    def note(self, text: str, strong: bool) -> None:
        size = TEXT if strong else SMALL + 0.3
        for line in fonts.wrap(text, size, ROOM):
            self.need(size * LEADING)
            self.y += size * LEADING
            self.write(LEFT, self.y, line, size, bold=strong, grey=not strong)
        self.y += 1

    def signatures(self, roles: Sequence[Pair]) -> None:
        high = 14.0
        self.need(high + 3)
        self.y += 3
        wide = ROOM / len(roles)
        for at, role in enumerate(roles):
            x = LEFT + at * wide
            self.box(x, self.y, wide, high)
            self.write(x + PAD, self.y + 4, f"{role[0]}（签字、盖章）", TEXT)
            self.write(x + PAD, self.y + 7, f"{role[1]}, signature", TINY, grey=True)
            self.write(x + PAD, self.y + high - 2, "日期 Date", SMALL, grey=True)
        self.y += high

    def own(self, high: float, how: Callable[[Any, float, float], None]) -> None:
        self.need(high)
        how(self.canvas, LEFT, HIGH - self.y - high)
        self.y += high


def _label(name: Pair, room: float) -> list[tuple[str, float, bool]]:
    """The lines of a label with their font size: Chinese, then small grey English."""
    made = [(line, SMALL + 0.4, False) for line in fonts.wrap(name[0], SMALL + 0.4, room)]
    return made + [(line, TINY, True) for line in fonts.wrap(name[1], TINY, room) if line]


def _label_high(label: list[tuple[str, float, bool]]) -> float:
    return sum(size * LEADING for _, size, _ in label)
