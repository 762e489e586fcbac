"""The ledger book 台账 of a unit and year, ready for an inspector: cover with the seal, then every table."""

from __future__ import annotations

from typing import IO

from wastehub.domain.statutory.sheets import Document
from wastehub.papers import fonts, forms, qr

QR_MM = 42.0
SEAL_TEXT = (
    "封存二维码载有账本当前的签名封存点（条数与根）。本册各表由账本记录生成；此后任何一条记录被改动，"
    "与这一封存点核对都会不符。核验方法见系统“封存与见证”。"
)


def write(document: Document, file: IO[bytes], watch: forms.Watch | None = None) -> None:
    """Cover with contents, then plan, ledger, manifests, balance, declarations, labels and cases."""
    paper = forms.Paper(file, title=document.title, foot=f"{document.title} · {document.facts[0][1]}")
    _cover(paper, document)
    step = forms.counted(document, watch)
    for sheet in document.sheets:
        paper.table(sheet, step(sheet))
    for note in document.notes:
        paper.text(note, 2.6)
    paper.save()


def _cover(paper: forms.Paper, document: Document) -> None:
    paper.y -= 16
    paper.heading(document.title, 9)
    paper.y -= 3
    paper.heading(document.facts[0][1], 6)
    paper.y -= 5
    paper.facts(document.facts[1:], columns=2)
    paper.y -= 2
    paper.heading("目录", 4, keep_mm=10)
    paper.facts([(sheet.heading, f"{len(sheet.rows)} 行") for sheet in document.sheets], 2)
    _seal(paper, document)
    paper.turn()


def _seal(paper: forms.Paper, document: Document) -> None:
    """At the foot of the cover; without a checkpoint the cover says that there is none."""
    if not document.seal:
        paper.text("账本尚无封存点。")
        return
    paper.need(QR_MM + 4)
    x, y = forms.SIDE, paper.y - QR_MM - 2
    qr.draw(paper.canvas, qr.matrix(document.seal, level="M"), x, y, QR_MM)
    text_x, room = x + QR_MM + 5, forms.ROOM - QR_MM - 5
    lines = [f"封存点 {document.seal_short}", *fonts.wrap(SEAL_TEXT, 2.8, room)]
    for number, line in enumerate(lines):
        fonts.draw(paper.canvas, text_x, paper.y - 8 - number * 4.4, line, 2.8, bold=not number)
    paper.y = y - 2
