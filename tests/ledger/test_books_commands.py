"""`wastehub ledger reconcile | resume`, as they are typed."""

from __future__ import annotations

from sqlalchemy import text

from tests.ledger import acts
from tests.ledger.logs import put
from tests.ledger.test_commands import Shell, shell  # noqa: F401  (a fixture)
from wastehub import ledger


def damage(shell: Shell, statement: str) -> None:  # noqa: F811
    with shell.database.engine.begin() as connection:
        ledger.drop_triggers(connection)
        connection.execute(text(statement))
        ledger.create_triggers(connection)


def test_whole_books_pass_and_the_last_runs_are_told(shell: Shell) -> None:  # noqa: F811
    for scope in ("sum", "tail", "full"):
        assert shell("ledger", "reconcile", "--scope", scope).startswith(f"{scope}: ")
    said = shell("ledger", "stats")
    assert said.count("all fits") == 3 and "STANDS STILL" not in said
    assert "nothing to resume" in shell("ledger", "resume", "--reason", "x", "--decided-by", "y")


def test_a_damaged_balance_stops_posting_until_it_is_resumed(shell: Shell) -> None:  # noqa: F811
    damage(shell, "UPDATE ledger_balance SET in_g = in_g + 7 WHERE account = 1")
    said = shell("ledger", "reconcile", code=1)
    assert "balance.changed" in said and "POSTING STANDS STILL" in said
    put(shell.database, acts.registered("L8", batch="ent:示例乙/B8"))
    assert shell("ledger", "stats").startswith("POSTING STANDS STILL since ")
    said = shell("ledger", "resume", "--reason", "示例", "--decided-by", "user:admin")
    assert "1 facts had waited, 1 postings added" in said
    shell("ledger", "verify")
    assert "STANDS STILL" not in shell("ledger", "reconcile")


def test_damaged_postings_need_the_word_repair(shell: Shell) -> None:  # noqa: F811
    damage(shell, "UPDATE ledger_posting SET mass_g = mass_g + 1 WHERE idx = 1")
    assert "entry 1: posting.changed" in shell("ledger", "reconcile", code=1)
    said = shell("ledger", "resume", "--reason", "示例", "--decided-by", "user:admin", code=1)
    assert "entry 1: postings stored" in said and "nothing was changed" in said
    said = shell("ledger", "resume", "--reason", "示例", "--decided-by", "user:admin", "--repair")
    assert "1 entries put right" in said
    shell("ledger", "verify")
