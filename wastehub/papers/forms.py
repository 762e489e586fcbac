"""Statutory tables as PDF: A4 across, headings on every page, nothing cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import IO

from reportlab.lib.units import mm

from wastehub.domain.statutory.sheets import Document, Sheet, printed
from wastehub.papers import fonts, page

WIDE, HIGH = 297.0, 210.0
SIDE, TOP, BOTTOM = 10.0, 12.0, 13.0
ROOM = WIDE - 2 * SIDE
TEXT, HEAD, TITLE = 2.5, 2.5, 4.6
LEADING, PAD = 1.28, 0.8
NUMERIC = ("tonnes", "number")
# Batch codes have up to 17 characters; a container's 37 are broken.
CODE_LONGEST = 18
Watch = Callable[[int, int], None]


class Paper:
    """Pages that fill from top to bottom. `foot` stands at the bottom of each, with the page number."""

    def __init__(self, file: IO[bytes], *, title: str, foot: str) -> None:
        self.canvas = page.canvas(file, title=title, size_mm=(WIDE, HIGH))
        self.foot = foot
        self.pages = 1
        self.y = HIGH - TOP

    def need(self, height_mm: float) -> bool:
        """Turn the page if the height does not fit any more; whether it was turned."""
        if self.y - height_mm >= BOTTOM:
            return False
        self.turn()
        return True

    def turn(self) -> None:
        self._finish()
        self.pages += 1
        self.y = HIGH - TOP

    def save(self) -> None:
        self._finish()
        self.canvas.save()

    def _finish(self) -> None:
        page.line(self.canvas, SIDE, BOTTOM - 3, WIDE - SIDE, BOTTOM - 3, 0.15)
        fonts.draw(self.canvas, SIDE, BOTTOM - 6.5, self.foot, 2.4)
        fonts.draw(self.canvas, WIDE - SIDE, BOTTOM - 6.5, f"第 {self.pages} 页", 2.4, anchor="end")
        self.canvas.showPage()

    # -- blocks ----------------------------------------------------------------------------------------------

    def heading(self, text: str, size: float = TITLE, *, keep_mm: float = 20) -> None:
        """A bold line; it never stands alone at the end of a page."""
        self.need(size * 2.2 + keep_mm)
        self.y -= size * 1.1
        fonts.draw(self.canvas, SIDE, self.y, text, size, bold=True)
        self.y -= size * 0.9

    def text(self, text: str, size: float = 2.8) -> None:
        for line in fonts.wrap(text, size, ROOM):
            self.need(size * 1.6)
            self.y -= size * 1.3
            fonts.draw(self.canvas, SIDE, self.y, line, size)
        self.y -= size * 0.5

    def facts(self, pairs: Sequence[tuple[str, str]], columns: int = 3) -> None:
        """Pairs of name and value, side by side."""
        wide = ROOM / columns
        for at in range(0, len(pairs), columns):
            row = pairs[at : at + columns]
            texts = [fonts.wrap(f"{name}：{value or '—'}", 2.8, wide - 3) for name, value in row]
            high = max(map(len, texts)) * 2.8 * LEADING + 0.8
            self.need(high)
            for column, lines in enumerate(texts):
                for number, line in enumerate(lines, 1):
                    y = self.y - number * 2.8 * LEADING
                    fonts.draw(self.canvas, SIDE + column * wide, y, line, 2.8)
            self.y -= high
        self.y -= 1.5

    def table(self, sheet: Sheet, watch: Watch | None = None) -> None:
        """A whole table over as many pages as it takes; an empty one says so."""
        rows = list(printed(sheet))
        self.heading(sheet.heading, 3.6)
        if sheet.note:
            self.text(sheet.note, 2.5)
        Grid(self, sheet, rows).draw(watch)
        self.y -= 4


class Grid:
    """One table on its way: widths of columns, wrapped cells, ruled lines."""

    def __init__(self, paper: Paper, sheet: Sheet, rows: Sequence[Sequence[str]]) -> None:
        self.paper, self.sheet, self.rows = paper, sheet, rows
        self.right = [column.kind in NUMERIC for column in sheet.columns]
        self.widths = self._widths()
        self.heads = [
            fonts.wrap(column.title, HEAD, wide - 2 * PAD)
            for column, wide in zip(sheet.columns, self.widths, strict=True)
        ]

    def _widths(self) -> list[float]:
        """Codes and dates stay whole where there is room; names and headings give way first."""
        needs, least = [], []
        for at, column in enumerate(self.sheet.columns):
            longest = max((row[at] for row in self.rows[:400]), key=len, default="")
            text = min(fonts.width_mm(longest, TEXT), 46.0)
            head = min(fonts.width_mm(column.title, HEAD), 15.0)
            edge = 2 * PAD + 0.6
            needs.append(max(head, text) + edge)
            whole = longest.isascii() and " " not in longest and len(longest) <= CODE_LONGEST
            least.append(max(text if whole else min(text, 9.0), min(head, 7.6)) + edge)
        total, floor = sum(needs), sum(least)
        if total <= ROOM and len(needs) == 2:  # a name and what it says: the room belongs to the latter
            return [needs[0], ROOM - needs[0]]
        if total <= ROOM:
            return [need * ROOM / total for need in needs]
        if floor > ROOM:
            return [low * ROOM / floor for low in least]
        spare = (ROOM - floor) / (total - floor)
        return [low + (need - low) * spare for low, need in zip(least, needs, strict=True)]

    def draw(self, watch: Watch | None) -> None:
        self._line_of(self.heads, head=True)
        if not self.rows:
            self._none()
        for number, row in enumerate(self.rows, 1):
            cells = [
                fonts.wrap(value, TEXT, wide - 2 * PAD) for value, wide in zip(row, self.widths, strict=True)
            ]
            high = self._height(cells)
            if self.paper.y - high < BOTTOM:
                self.paper.turn()
                self._line_of(self.heads, head=True)
            self._line_of(cells)
            if watch is not None and number % 100 == 0:
                watch(number, len(self.rows))

    def _height(self, cells: Sequence[Sequence[str]]) -> float:
        return max(map(len, cells)) * TEXT * LEADING + 2 * PAD

    def _line_of(self, cells: Sequence[Sequence[str]], *, head: bool = False) -> None:
        high, canvas = self._height(cells), self.paper.canvas
        if head:
            self.paper.need(high + 8)
            canvas.setFillGray(0.93)
            canvas.rect(SIDE * mm, (self.paper.y - high) * mm, ROOM * mm, high * mm, stroke=0, fill=1)
            canvas.setFillGray(0)
        top, x = self.paper.y, SIDE
        for lines, wide, right in zip(cells, self.widths, self.right, strict=True):
            canvas.setLineWidth(0.12 * mm)
            canvas.rect(x * mm, (top - high) * mm, wide * mm, high * mm, stroke=1, fill=0)
            for number, line in enumerate(lines, 1):
                y = top - PAD - number * TEXT * LEADING + 0.55
                if right and not head:
                    fonts.draw(canvas, x + wide - PAD, y, line, TEXT, anchor="end")
                else:
                    fonts.draw(canvas, x + PAD, y, line, TEXT)
            x += wide
        self.paper.y = top - high

    def _none(self) -> None:
        high = TEXT * LEADING + 2 * PAD
        self.paper.canvas.rect(SIDE * mm, (self.paper.y - high) * mm, ROOM * mm, high * mm)
        fonts.draw(self.paper.canvas, SIDE + PAD, self.paper.y - PAD - TEXT, "本期无记录", TEXT)
        self.paper.y -= high


def write(document: Document, file: IO[bytes], watch: Watch | None = None) -> None:
    """The tables of a document, one after the other."""
    paper = Paper(file, title=document.title, foot=document.title)
    paper.heading(document.title)
    paper.facts(document.facts)
    step = counted(document, watch)
    for sheet in document.sheets:
        paper.table(sheet, step(sheet))
    for note in document.notes:
        paper.text(note, 2.6)
    paper.save()


def counted(document: Document, watch: Watch | None) -> Callable[[Sheet], Watch | None]:
    """Progress within one table as progress of the whole document."""
    total, before = max(document.size, 1), 0

    def step(sheet: Sheet) -> Watch | None:
        nonlocal before
        begun, before = before, before + len(sheet.rows)
        if watch is None:
            return None
        return lambda done, _: watch(begun + done, total)

    return step
