"""The statutory label as a drawing: exact millimetres, orange ground, QR code, all fields.

Plain first form: HJ 1276-2022 fixes size, colours and fields; hazard symbols follow with the full layout.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import qrcode
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_M

from ..domain import labels
from ..domain.hazards import PROPERTIES
from ..services.labels import LabelFields
from . import formatting

GROUND = "rgb(255,150,0)"
FORMS_ZH = {"liquid": "液态", "solid": "固态", "sludge": "泥态", "semi_solid": "半固态", "gas": "气态"}
FONT = "SimHei, 'Noto Sans SC', 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
MARGIN_MM = 3.0  # blank outside the border
BORDER_MM = 1.0
QR_MM = {100: 30.0, 150: 42.0, 200: 56.0}


def payload(base_url: str, label_code: str) -> str:
    """What the QR code of a label says: the address of its public page."""
    return labels.qr_payload(base_url, label_code)


def qr_svg(text: str, *, side_mm: float, quiet: int = 4, label: str = "") -> Markup:
    """A QR code of its own, `side_mm` wide with its quiet zone; `label` is what a screen reader says."""
    modules = _modules(text)
    size = len(modules) + 2 * quiet
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side_mm}mm" height="{side_mm}mm" '
        f'viewBox="0 0 {size} {size}" shape-rendering="crispEdges" role="img" aria-label="{escape(label)}">'
        f'<rect width="{size}" height="{size}" fill="#fff"/>'
        f'<path fill="#000" d="{_path(modules, quiet, quiet)}"/></svg>'
    )


def _modules(payload: str) -> list[list[bool]]:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(payload)
    code.make(fit=True)
    matrix: list[list[bool]] = code.get_matrix()
    return matrix


def _path(modules: Sequence[Sequence[bool]], left: float, top: float, unit: float = 1) -> str:
    """Runs of dark modules of a row as one stroke each."""
    parts = []
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = x
            while end < len(row) and row[end]:
                end += 1
            parts.append(
                f"M{left + x * unit:.3f} {top + y * unit:.3f}h{(end - x) * unit:.3f}"
                f"v{unit:.3f}h-{(end - x) * unit:.3f}z"
            )
            x = end
    return "".join(parts)


def label_svg(fields: LabelFields, *, payload: str) -> Markup:
    """One label in its lawful size. All text is the statutory Chinese, whatever the reader's language."""
    sheet = _Sheet(fields)
    sheet.title("危险废物")
    sheet.row(("废物名称：", _names(fields)))
    sheet.row(
        ("废物类别：", f"{fields.category_code} {fields.category_name}"),
        ("废物代码：", fields.waste_code),
        widths=(7, 5),
    )
    sheet.row(
        ("废物形态：", FORMS_ZH[fields.form]),
        ("危险特性：", "、".join(PROPERTIES[letter].name_zh for letter in fields.hazards)),
        widths=(5, 7),
    )
    sheet.row(
        ("主要成分：", fields.main_components or "—"),
        ("有害成分：", fields.harmful_components or "—"),
        widths=(6, 6),
    )
    sheet.row(("注意事项：", fields.precautions))
    sheet.beside_qr(
        payload,
        (
            ("数字识别码：", _grouped(fields.label_code)),
            ("产生/收集单位：", fields.unit_name),
            ("联系人和联系方式：", fields.contact or "—"),
            ("产生日期：", fields.produced_on.isoformat()),
            ("废物重量：", formatting.mass(fields.mass_g)),
            ("备注：", " ".join(part for part in (fields.note, fields.batch_no) if part)),
        ),
    )
    return sheet.svg()


def _names(fields: LabelFields) -> str:
    if fields.waste_name == fields.catalogue_name:
        return fields.catalogue_name
    return f"{fields.waste_name}（{fields.catalogue_name}）"


def _grouped(code: str) -> str:
    """The four segments of the identification code, apart: unit, waste, day, running number."""
    return f"{code[:18]} {code[18:26]} {code[26:34]} {code[34:]}"


class _Sheet:
    """A square drawn from top to bottom in millimetres."""

    def __init__(self, fields: LabelFields) -> None:
        self.side = fields.side_mm
        self.size = float(fields.text_height_mm)
        self.left = MARGIN_MM
        self.width = self.side - 2 * MARGIN_MM
        self.pad = self.size * 0.45
        self.y = MARGIN_MM
        self.parts: list[str] = []

    def title(self, text: str) -> None:
        size = self.size * 1.9
        height = size * 1.5
        self._text(self.side / 2, self.y + height * 0.7, text, size, anchor="middle", weight="700")
        self._next(height)

    def row(self, *cells: tuple[str, str], widths: Sequence[int] = (1,)) -> None:
        x = self.left
        unit = self.width / sum(widths)
        laid = []
        for (name, value), share in zip(cells, widths, strict=True):
            laid.append((x, name, self._wrapped(name + value, share * unit - 2 * self.pad)))
            x += share * unit
        height = max(len(lines) for _, _, lines in laid) * self.size * 1.22 + self.pad
        for at, name, lines in laid:
            if at > self.left:
                self._line(at, self.y, at, self.y + height)
            self._block(at + self.pad, self.y + self.pad * 0.4, name, lines)
        self._next(height)

    def beside_qr(self, payload: str, cells: Sequence[tuple[str, str]]) -> None:
        top, bottom = self.y, self.side - MARGIN_MM
        side = min(QR_MM[self.side], bottom - top - self.pad)
        split = self.left + self.width - side - 2 * self.pad
        laid = [
            (name, self._wrapped(name + value, split - self.left - 2 * self.pad)) for name, value in cells
        ]
        wanted = [len(lines) * self.size * 1.22 + self.pad for _, lines in laid]
        # Long texts are set smaller rather than cut: the label keeps its size.
        scale = min(1.0, (bottom - top) / sum(wanted))
        spare = (bottom - top - sum(wanted) * scale) / len(laid)
        for (name, lines), height in zip(laid, wanted, strict=True):
            if self.y > top:
                self._line(self.left, self.y, split, self.y)
            self._block(self.left + self.pad, self.y + self.pad * 0.4 + spare / 2, name, lines, scale)
            self.y += height * scale + spare
        self._line(split, top, split, bottom)
        self._qr(payload, split + self.pad, (top + bottom) / 2 - side / 2, side)

    def _qr(self, payload: str, x: float, y: float, side: float) -> None:
        modules = _modules(payload)
        unit = side / (len(modules) + 8)
        self.parts.append(f'<rect x="{x:.2f}" y="{y:.2f}" width="{side}" height="{side}" fill="#fff"/>')
        self.parts.append(
            f'<path fill="#000" shape-rendering="crispEdges" '
            f'd="{_path(modules, x + 4 * unit, y + 4 * unit, unit)}"/>'
        )

    def _wrapped(self, text: str, width: float) -> list[str]:
        """Lines that fit; a word or number is broken only when it is wider than a line."""
        lines, line, used = [], "", 0.0
        for word in re.findall(r"[!-~]+|.", text):
            step = self._wide(word)
            for piece in [word] if step <= width else list(word):
                step = self._wide(piece)
                if used + step > width and line.strip():
                    lines.append(line.rstrip())
                    line, used = "", 0.0
                if piece != " " or line:
                    line += piece
                    used += step
        return [*lines, line]

    def _wide(self, text: str) -> float:
        """About as wide as a person would print it: Chinese square, Latin narrower."""
        return self.size * sum(
            1.0 if ord(c) > 0x2E80 or c == "—" else 0.7 if c.isupper() else 0.57 for c in text
        )

    def _block(self, x: float, y: float, name: str, lines: Sequence[str], scale: float = 1.0) -> None:
        size = self.size * scale
        for index, line in enumerate(lines):
            baseline = y + size * (0.95 + 1.22 * index)
            if index == 0 and line.startswith(name):
                rest = escape(line[len(name) :])
                self.parts.append(
                    f'<text x="{x:.2f}" y="{baseline:.2f}" font-size="{size:.2f}">'
                    f'<tspan font-weight="700">{escape(name)}</tspan>{rest}</text>'
                )
            else:
                self._text(x, baseline, line, size)

    def _text(
        self, x: float, y: float, text: str, size: float, anchor: str = "start", weight: str = "400"
    ) -> None:
        self.parts.append(
            f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:.2f}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{escape(text)}</text>'
        )

    def _line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        self.parts.append(
            f'<path d="M{x1:.2f} {y1:.2f}L{x2:.2f} {y2:.2f}" stroke="#000" stroke-width="0.35"/>'
        )

    def _next(self, height: float) -> None:
        self.y += height
        self._line(self.left, self.y, self.left + self.width, self.y)

    def svg(self) -> Markup:
        inner = self.side - 2 * MARGIN_MM
        return Markup(
            f'<svg class="hazard-label" xmlns="http://www.w3.org/2000/svg" width="{self.side}mm" '
            f'height="{self.side}mm" viewBox="0 0 {self.side} {self.side}" role="img" '
            f'font-family="{FONT}" fill="#000">'
            f'<rect width="{self.side}" height="{self.side}" fill="{GROUND}"/>'
            f'<rect x="{MARGIN_MM}" y="{MARGIN_MM}" width="{inner}" height="{inner}" fill="none" '
            f'stroke="#000" stroke-width="{BORDER_MM}"/>{"".join(self.parts)}</svg>'
        )
