"""The shell writes the same labels: specimens without a database, batches that then count as printed."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from tests import firms
from wastehub import cli, ledger
from wastehub.domain import label_seals
from wastehub.models.batches import Container
from wastehub.models.label_keys import LabelKey

MM = 25.4 / 72


@pytest.fixture(scope="module", params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The shell talks to the same services on both kinds."""
    return str(request.param)


@pytest.fixture
def shell(database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WASTEHUB_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("WASTEHUB_DATABASE_URL", database.url)
    for name in ("WASTEHUB_LABEL_KEY", "WASTEHUB_BASE_URL", "WASTEHUB_LOG_ORIGIN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_specimens_need_no_database_and_prove_nothing(shell: Path) -> None:
    out = shell / "specimens.pdf"
    assert cli.main(["labels", "--demo", "6", "--format", "a4", "--out", str(out)]) == 0
    document = pypdfium2.PdfDocument(out)
    assert {tuple(round(edge * MM) for edge in page.get_size()) for page in document} == {(210, 297)}
    assert "示例" in document[0].get_textpage().get_text_range()
    assert cli.main(["labels", "--demo", "0", "--out", str(out)]) == 2


def test_a_file_is_written_whole_or_the_old_one_stays(shell: Path, monkeypatch, capsys) -> None:
    out = shell / "specimens.pdf"
    assert cli.main(["labels", "--demo", "2", "--out", str(out)]) == 0
    whole = out.read_bytes()
    monkeypatch.setenv("WASTEHUB_BASE_URL", f"https://{'w' * 90}.example")
    assert cli.main(["labels", "--demo", "2", "--out", str(out)]) == 2
    assert cli.main(["labels", "--demo", "2", "--out", str(shell / "nowhere" / "x.pdf")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert out.read_bytes() == whole
    assert [path.name for path in shell.glob("*.pdf")] == ["specimens.pdf"]
    assert not list(shell.glob(".labels-*"))


def test_a_batch_is_printed_and_counts_as_printed(shell: Path, database, capsys) -> None:
    with database.transaction() as session:
        firm = firms.enrolled(session)
        batch = firms.registered(session, firm, 150_000, 80_500)
        label = batch.containers[0].label_code
    out = shell / "batch.pdf"
    command = ["labels", "--batch", batch.batch_no, "--out", str(out)]
    assert cli.main(command) == 0
    text = zxingcpp.read_barcode(pypdfium2.PdfDocument(out)[0].render(scale=203 / 72).to_pil()).text
    assert label_seals.read(text).code == label
    with database.reading() as session:
        assert [row.prints for row in session.query(Container)] == [1, 1]
        [key] = session.query(LabelKey)
        assert f"{key.number:05d}" == label_seals.read(text).seal[:5]
        assert ledger.entries_for(session, label=label)[-1].event.type == "label.printed"
    assert cli.main(command) == 2, "a second print needs a reason"
    assert cli.main([*command, "--reason", "damaged"]) == 0
    assert cli.main(["labels", "--batch", "HWCS20990101001", "--out", str(out)]) == 2
    assert "wastehub:" in capsys.readouterr().err


def test_a_number_that_several_units_have_needs_the_unit(shell: Path, database, capsys) -> None:
    with database.transaction() as session:
        both = [firms.enrolled(session, at) for at in (1, 2)]
        numbers = {firms.registered(session, firm, 150_000).batch_no for firm in both}
    [number] = numbers
    out = shell / "batch.pdf"
    assert cli.main(["labels", "--batch", number, "--out", str(out)]) == 2
    assert "--unit" in capsys.readouterr().err
    assert cli.main(["labels", "--batch", number, "--unit", both[1].credit_code, "--out", str(out)]) == 0


def test_keys_are_listed_and_ended(shell: Path, database, monkeypatch, capsys) -> None:
    with database.transaction() as session:
        batch = firms.registered(session, firms.enrolled(session), 150_000)
    assert cli.main(["labels", "--batch", batch.batch_no, "--out", str(shell / "x.pdf")]) == 0
    with database.reading() as session:
        [key] = session.query(LabelKey)
    assert cli.main(["label-keys", "revoke", str(key.number), "--reason", "示例"]) == 2, "it is in use"
    monkeypatch.setenv("WASTEHUB_LABEL_KEY", str(shell / "next.key"))
    assert cli.main(["label-keys", "retire", str(key.number), "--reason", "示例"]) == 0
    capsys.readouterr()
    assert cli.main(["label-keys", "list"]) == 0
    said = capsys.readouterr().out
    assert "retired" in said
    assert "not announced yet" in said
