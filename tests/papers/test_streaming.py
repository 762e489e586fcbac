"""Files whose pages are written as they are finished: whole, deterministic, and no page is kept."""

from __future__ import annotations

import io
import re
import tracemalloc
import zlib

import pypdfium2

from wastehub.papers import fonts, page


def written(count: int, file: io.BytesIO | None = None) -> bytes:
    out = file or io.BytesIO()
    made = page.canvas(out, title="示例", size_mm=(100, 100))
    for at in range(count):
        if not made.hasForm("square"):
            made.beginForm("square", 0, 0, 10, 10)
            made.rect(0, 0, 10, 10, stroke=0, fill=1)
            made.endForm()
        made.doForm("square")
        fonts.draw(made, 10, 10, f"第 {at + 1} 页 危险废物", 5)
        made.showPage()
    made.save()
    return out.getvalue()


def objects_of(data: bytes) -> dict[int, int]:
    """Object number -> offset, as the file's own table has them."""
    table = int(re.findall(rb"startxref\n(\d+)\n%%EOF\n$", data)[0])
    head, count = re.match(rb"xref\n0 (\d+)\n", data[table:]), 0
    assert head is not None
    count = int(head[1])
    lines = data[table + head.end() :].split(b"\n")[:count]
    assert lines[0] == b"0000000000 65535 f "
    assert all(re.fullmatch(rb"\d{10} 00000 n ", line) for line in lines[1:])
    return {number: int(line[:10]) for number, line in enumerate(lines) if number}


def test_every_object_stands_where_the_table_says():
    data = written(7)
    objects = objects_of(data)
    assert len(objects) >= 2 * 7 + 5
    for number, offset in objects.items():
        assert data[offset:].startswith(b"%d 0 obj\n" % number)
    assert len(set(objects.values())) == len(objects)
    for length, packed in re.findall(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", data, re.DOTALL):
        assert int(length) == len(packed)
        zlib.decompress(packed)


def test_pages_come_in_their_order_with_their_text_and_the_shared_drawing():
    document = pypdfium2.PdfDocument(written(3))
    texts = [sheet.get_textpage().get_text_range() for sheet in document]
    assert [text.strip() for text in texts] == [f"第 {at} 页 危险废物" for at in (1, 2, 3)]
    assert all(sum(o.type == 5 for o in sheet.get_objects(max_depth=1)) == 1 for sheet in document)
    assert document.get_metadata_value("Title") == "示例"


def test_the_same_facts_give_the_same_bytes():
    assert written(2) == written(2)
    assert written(2) != written(3)


def test_a_finished_page_is_in_the_file_at_once():
    out = io.BytesIO()
    made = page.canvas(out, title="示例")
    began = out.tell()
    made.drawString(10, 10, "x")
    made.showPage()
    assert out.tell() > began
    assert b"%%EOF" not in out.getvalue()
    made.save()
    assert out.getvalue().endswith(b"%%EOF\n")


class Sink(io.RawIOBase):
    """Takes everything and keeps nothing."""

    def write(self, content: bytes) -> int:  # type: ignore[override]
        return len(content)


def test_pages_leave_nothing_behind():
    fonts.register()
    made = page.canvas(Sink(), title="示例", size_mm=(100, 100))  # type: ignore[arg-type]

    def pages(count: int) -> None:
        for _ in range(count):
            fonts.draw(made, 10, 10, "危险废物", 5)
            made.rect(0, 0, 10, 10)
            made.showPage()

    pages(50)
    tracemalloc.start()
    pages(50)
    before = tracemalloc.get_traced_memory()[0]
    pages(500)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 500 * 100, f"{grown / 500:.0f} bytes a page"
