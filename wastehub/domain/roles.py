"""Who may do what: one table. Which object (own, foreign) is a second question, asked by the queries."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wastehub.domain.errors import Forbidden

# "dispatcher" is the platform operator: plans the day, weighs in at the gate, keeps the platform's stock.
ROLES = ("enterprise", "driver", "dispatcher", "plant", "regulator", "admin")


def _by(*roles: str) -> frozenset[str]:
    assert set(roles) <= set(ROLES)
    return frozenset(roles)


_EVERYBODY = _by(*ROLES)

ACTIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        # The generator's own waste: only the generator states what arose (Solid Waste Law Art. 78).
        "batch.register": _by("enterprise"),
        "batch.amend": _by("enterprise"),
        "batch.void": _by("enterprise"),
        "batch.view": _by("enterprise", "driver", "dispatcher", "plant", "regulator", "admin"),
        "label.print": _by("enterprise", "dispatcher"),
        # A new code for the same fill, by whoever has the container before him and can print.
        "label.replace": _by("enterprise", "dispatcher"),
        # What became of a code: for everybody who scans.
        "label.view": _by("enterprise", "driver", "dispatcher", "plant", "regulator"),
        # Labels printed beforehand: the platform keeps the register, firm or crew binds at the first scan.
        "roll.hand_out": _by("dispatcher"),
        "roll.view": _by("enterprise", "dispatcher", "regulator"),
        "roll.bind": _by("enterprise", "driver"),
        # Signs of a store and of a facility (HJ 1276-2022); the firm's code card.
        "sign.print": _by("enterprise", "dispatcher"),
        "firm_state.view": _by("enterprise", "dispatcher", "regulator"),
        # The generator's own desk: its store, its papers, the fate of its waste.
        "stock.view": _by("enterprise"),
        # Contract and management plan: no request without them (Transfer Measures Art. 10, 14).
        "contract.view": _by("enterprise", "dispatcher", "regulator", "admin"),
        "contract.sign": _by("enterprise", "dispatcher"),
        # A collector may keep plan and ledger for its small firms (HJ 1259-2022, clause 1).
        "plan_line.register": _by("enterprise", "dispatcher"),
        "plan_line.view": _by("enterprise", "dispatcher", "regulator", "admin"),
        # Declaring what arose and where it went; a firm may let its collector do it (HJ 1259-2022, 7.1.3).
        "declaration.view": _by("enterprise", "dispatcher", "plant", "regulator"),
        "declaration.file": _by("enterprise", "dispatcher", "plant"),
        "declaration.delegate": _by("enterprise"),
        "declaration.collect": _by("dispatcher"),
        # Asking for a pickup. The platform may place one for a firm that telephones.
        "request.place": _by("enterprise", "dispatcher"),
        "request.cancel": _by("enterprise", "dispatcher"),
        "request.view": _by("enterprise", "dispatcher", "regulator", "admin"),
        # Planning a day and publishing it.
        "plan.run": _by("dispatcher"),
        "plan.publish": _by("dispatcher"),
        "plan.view": _by("dispatcher", "regulator", "admin"),
        # The round: the crew drives it, the office watches and rearranges.
        "round.view": _by("driver", "dispatcher", "regulator"),
        "round.drive": _by("driver"),
        "round.rearrange": _by("dispatcher"),
        "scan.record": _by("driver"),
        # Where a vehicle is: told by its crew on duty, seen by the office of its own platform, nobody else.
        "position.report": _by("driver"),
        "position.view": _by("dispatcher"),
        # Phones sign what crews do; where a phone's record contradicts ours, the office decides.
        "device.register": _by("driver"),
        "device.view": _by("driver", "dispatcher", "regulator", "admin"),
        "device.revoke": _by("driver", "dispatcher", "admin"),
        # What a broken phone saved as a file: its signatures speak for it, whoever hands it in.
        "device.hand_in": _by("dispatcher", "admin"),
        "field_event.send": _by("driver"),
        "conflict.view": _by("dispatcher", "regulator"),
        "conflict.decide": _by("dispatcher"),
        # The firm confirms what it hands over: on the crew's phone, by a code of its own page, by a consent.
        "hand_over.record": _by("driver"),
        "hand_over.show_code": _by("enterprise"),
        "hand_over.consent": _by("enterprise"),
        "hand_over.view": _by("enterprise", "driver", "dispatcher", "regulator"),
        # The crew lets an officer at the roadside look into the papers of its load.
        "roadside.show": _by("driver"),
        # On the way to a plant its platform's office may do it as well; whoever shows a round shows a lot.
        "roadside.show_lot": _by("driver", "dispatcher"),
        # Evidence: seen by the parties of what it shows (services/photos).
        "photo.store": _by("enterprise", "driver", "dispatcher", "plant", "regulator"),
        "photo.view": _by("enterprise", "driver", "dispatcher", "plant", "regulator"),
        # The platform's gate and store.
        "reception.record": _by("dispatcher"),
        "reception.view": _by("dispatcher", "driver", "regulator"),
        "zone.put_away": _by("dispatcher"),
        "zone.view": _by("dispatcher", "regulator"),
        # Containers poured into others; another waste code takes a right of its own (Law Art. 81).
        "container.repack": _by("dispatcher"),
        "container.recode": _by("dispatcher"),
        "repacking.view": _by("dispatcher", "regulator"),
        # Grams that went without being treated: by whoever holds the container, with a reason.
        "loss.declare": _by("dispatcher", "plant"),
        # The daily count of a store, signed by somebody who did not count; scales and how they drift.
        "count.view": _by("dispatcher", "plant", "regulator"),
        "count.record": _by("dispatcher", "plant"),
        "count.sign": _by("dispatcher", "plant"),
        "scale.view": _by("dispatcher", "plant", "regulator"),
        "scale.manage": _by("dispatcher", "plant"),
        # Outbound lots and what the plant does with them.
        "lot.create": _by("dispatcher"),
        "lot.ship": _by("dispatcher"),
        "lot.view": _by("dispatcher", "driver", "plant", "regulator"),
        "lot.receive": _by("plant"),
        "treatment.record": _by("plant"),
        "treatment.view": _by("plant", "dispatcher", "regulator"),
        # Transfer manifests: every party signs its own part (Transfer Measures Art. 10-12).
        "manifest.view": _by("enterprise", "driver", "dispatcher", "plant", "regulator"),
        "manifest.sign_mover_out": _by("enterprise", "dispatcher"),
        "manifest.sign_carrier": _by("driver"),
        "manifest.sign_acceptor": _by("dispatcher", "plant"),
        "manifest.number": _by("dispatcher", "plant"),
        "manifest.void": _by("enterprise", "dispatcher"),
        # Paper while the net is down, its entry afterwards, the next carrier, differences (Art. 17, 18, 20).
        "manifest.use_paper": _by("driver", "dispatcher"),
        "manifest.backfill": _by("dispatcher", "plant"),
        "manifest.hand_over": _by("driver", "dispatcher"),
        "manifest.report": _by("dispatcher", "plant"),
        # Waybill and safety card; how a waste travels is the consignor's to say (Transfer Measures Art. 13).
        "waybill.check": _by("driver", "dispatcher"),
        "waybill.view": _by("driver", "dispatcher", "plant", "regulator"),
        "transport_class.view": _by("dispatcher", "regulator", "admin"),
        "transport_class.decide": _by("dispatcher", "admin"),
        "certificate.view": _by("enterprise", "dispatcher", "plant", "regulator"),
        # Differences and counter-acts: one side proposes, the other side agrees.
        "case.view": _by("enterprise", "dispatcher", "plant", "regulator"),
        "case.resolve": _by("dispatcher", "plant"),
        "correction.propose": _by("enterprise", "dispatcher", "plant"),
        "correction.agree": _by("enterprise", "dispatcher", "plant"),
        # Open loops that were put before somebody: those before whom they are put, and supervision.
        "loop.view": _by("enterprise", "dispatcher", "plant", "regulator"),
        "loop.answer": _by("enterprise", "dispatcher", "plant", "regulator"),
        # Problems: the office leads, whoever has to put it right reports that.
        "problem.view": _by("enterprise", "dispatcher", "plant", "regulator"),
        "problem.manage": _by("regulator"),
        "problem.rectify": _by("enterprise", "dispatcher", "plant"),
        # Supervision.
        "ledger.view": _by("enterprise", "dispatcher", "plant", "regulator", "admin"),
        "ledger.verify": _by("regulator", "admin"),
        # Entries tell what several firms did together: they go to those who supervise all of them.
        "evidence.export": _by("regulator", "admin"),
        "audit.trace": _by("enterprise", "dispatcher", "plant", "regulator"),
        "county.view": _by("regulator"),
        "report.view": _by("dispatcher", "plant", "regulator", "admin"),
        "report.export": _by("enterprise", "dispatcher", "plant", "regulator"),
        # Master data. Reference data is the law: only administrators touch it.
        "organisation.view": _by("enterprise", "dispatcher", "plant", "regulator", "admin"),
        "organisation.manage": _by("admin"),
        "fleet.view": _by("dispatcher", "regulator", "admin"),
        "fleet.manage": _by("dispatcher", "admin"),
        "user.manage": _by("admin"),
        "reference.view": _EVERYBODY,
        "reference.manage": _by("admin"),
        # Everybody's own account.
        "account.manage_own": _EVERYBODY,
    }
)


def may(role: str, action: str) -> bool:
    """Whether the role may do the action at all. KeyError for an action the table does not know."""
    return role in ACTIONS[action]


def require(role: str, action: str) -> None:
    """Raises Forbidden("access.role_forbidden") unless the role may do the action."""
    if not may(role, action):
        raise Forbidden("access.role_forbidden", role=role, action=action)
