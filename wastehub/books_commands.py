"""`wastehub ledger reconcile | resume`: do the stored books follow from the log, and how posting goes on."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from . import clock, migrate
from .config import Settings
from .db import Database
from .ledger import projector, rebuilding, reconciling, signing
from .ledger.reconciling import Reconciler, Run


def say(text: str) -> None:
    print(text, flush=True)


def add_to(part: Callable[..., argparse.ArgumentParser]) -> None:
    """The two sub-commands of `wastehub ledger`."""
    reconcile_it = part(
        "reconcile", reconcile, "compare the stored books with the log; a difference stops posting"
    )
    reconcile_it.add_argument("--scope", choices=reconciling.SCOPES, default="full")
    resume_it = part("resume", resume, "write the books anew from the log, and post what waited")
    resume_it.add_argument("--reason", required=True, help="what was wrong and what was done, in plain words")
    resume_it.add_argument("--decided-by", required=True, help="who decided that")
    resume_it.add_argument(
        "--repair", action="store_true", help="put stored postings right that contradict the log"
    )


def _open(settings: Settings) -> Database:
    database = Database(settings.database_url, signer=signing.load_or_create(settings.signing_key_path))
    migrate.require_current(database.engine)
    return database


def reconcile(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 all fits, 1 a difference was found (and posting stands still)."""
    database = _open(settings)
    made = Reconciler(database).run(arguments.scope, now=clock.now_utc())
    say(told(made))
    with database.reading() as session:
        say_stop(projector.stopped(session))
    return 0 if made.problem is None else 1


def told(run: Run) -> str:
    """One line about a run."""
    when = f"{run.ran_at:%Y-%m-%d %H:%M} UTC"
    if run.problem is None:
        compared = f"{run.entries} entries compared up to {run.upto_idx}"
        return f"{run.scope}: {compared}, all fits ({run.took_ms} ms, {when})"
    where = f"entry {run.problem.idx}" if run.problem.idx >= 0 else "no single entry"
    first = f"{where}: {run.problem.kind}: {run.problem.detail}"
    return f"{run.scope}: {run.problems} differences ({when}); first: {first}"


def say_stop(stop: projector.Stop | None) -> None:
    if stop is not None:
        say(
            f"POSTING STANDS STILL since {stop.stopped_at:%Y-%m-%d %H:%M} UTC, from entry "
            f"{stop.first_waiting_idx}: {stop.problem_kind} ({stop.scope}). Facts are logged and wait. "
            "After the repair: wastehub ledger resume"
        )


def resume(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 posting goes on, 1 the books still differ (nothing was changed)."""
    database = _open(settings)
    try:
        made = rebuilding.resume(
            database,
            by=arguments.decided_by,
            reason=arguments.reason,
            repair=arguments.repair,
            now=clock.now_utc(),
        )
    except rebuilding.NothingToResume as nothing:
        say(str(nothing))
        return 0
    except rebuilding.NotRepaired as problem:
        for line in problem.problems[:20]:
            say(line)
        say("nothing was changed; if the log itself verifies, --repair puts the stored postings right")
        return 1
    say(
        f"books written anew from {made.entries} entries; {made.facts_waited} facts had waited, "
        f"{made.postings_added} postings added, {made.postings_corrected} entries put right; posting goes on"
    )
    return 0
