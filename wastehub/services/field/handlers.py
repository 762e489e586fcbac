"""What a phone's events do: one function per kind, found by its name.

A handler reads the fields it needs, calls ONE existing service function and is done:

    # services/field/gate_acts.py
    from .acts import Act, Done, NeedsDecision

    def hand_over(act: Act) -> Done | None:
        stop_id = act.body.uuid("stop_id")
        way = act.body.choice("way", ("glass", "code", "standing"))
        handing_over.sign(act.session, actor=act.actor, stop_id=stop_id, way=way, at=act.at, now=act.now)
        return None                                   # accepted, nothing to say

    HANDLERS = {"hand_over": hand_over}

and one line below: `**gate_acts.HANDLERS,`.

* It runs inside a savepoint of its own, in the order of the device. What it raises undoes what it did:
  a RuleViolation becomes `refused` with the violation's code, field and params (the sentence stands in
  web/explanation_tables as everywhere), unless domain/field_conflicts says that a person decides, or that the
  other phone has done the very same. `raise NeedsDecision("stop_closed", code, params)` asks for a person.
  Anything else is a fault of ours: logged, and the act waits for a person (`server_failed`).
* `act.decided`: the office has decided to carry the act out, however late: pass it on if there is a limit.
* `act.at` is when it happened, put right by the phone's clock and never in the future: give it to services
  as `at`. `act.said_at` is what the phone's clock said. `act.now` is our clock. Never compare two phones.
* `act.actor` is the person of `by`, with role and unit; services check rights as always.
* `act.id` is the id of the event; use it as the id of the fact if the fact needs one. Sending twice is
  harmless: a handler never sees the same event again.
* Ledger entries made inside get the facts `device`, `device_seq` and `device_event` by themselves.
* `Done(warnings=(Notice("code", {...}),))` tells the driver something beside "accepted".
* Fields: `act.body.uuid / uuid_or_none / text / choice / whole / whole_or_none / truth / instant / inner /
  texts / sha256_or_none` refuse wrong types with the field's name. Unknown fields do not hurt.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import crew_acts, gate_acts, label_acts, lost_records, round_life
from .acts import Handler

HANDLERS: Mapping[str, Handler] = {
    **crew_acts.HANDLERS,
    **gate_acts.HANDLERS,
    **label_acts.HANDLERS,
    **lost_records.HANDLERS,
    **round_life.HANDLERS,
}
# Runs of these go to scans.record_scans in one call (intake.py); they have no handler of their own.
SCAN_KINDS = ("load", "refuse", "unload_back")
KINDS = frozenset(HANDLERS) | frozenset(SCAN_KINDS)
