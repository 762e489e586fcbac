"""The chain of a batch as it is drawn: acts in order, with lanes, masses in and out, papers and proofs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import chain_graph
from ...domain.chain_graph import Act, Placed
from ...ledger import inquiries, integrating, proofs, stored_tiles, tree
from ...ledger.notes import VerifierKey
from ...models.batches import batch_key
from ...models.manifests import Manifest
from ...models.vehicles import Vehicle
from .chain import Trace
from .differences import units_by_site

PHYSICAL = ("STOCK", "TRANS")
SINKS = ("DONE", "LOSS", "SPILL")
DIFFERENCES = ("TOL", "SUSP")
ENDS = frozenset({"container.treated", "container.voided"})
# Proofs are recomputed while the page is made; of longer chains only the newest acts are.
PROOFS_MAX = 300


@dataclass(frozen=True)
class Masses:
    """Grams of the batch that an act moved: in, out, written off as a difference, to other batches."""

    in_g: int = 0
    out_g: int = 0
    difference_g: int = 0
    case_g: int = 0
    elsewhere_g: int = 0


@dataclass(frozen=True)
class Station:
    """One act of the chain, perhaps of several entries: seven drums scanned one after the other are one act.

    `sealed_size`: the checkpoint that covers all its entries, None while one of them waits. `proven`: each
    entry was just now led to that checkpoint's root, byte by byte.
    """

    entries: list[ledger.Entry]
    placed: Placed
    labels: frozenset[str]
    masses: Masses
    paper: Manifest | None
    sealed_size: int | None
    witnesses: tuple[str, ...]
    proven: bool

    @property
    def event(self) -> ledger.Event:
        return self.entries[0].event

    @property
    def held_reason(self) -> str | None:
        return next((entry.held_reason for entry in self.entries if entry.held_reason), None)


@dataclass(frozen=True)
class DrawnChain:
    """All stations, the lanes they need, and the names of the units behind the sites they name."""

    stations: list[Station]
    lanes: int
    names: Mapping[str, str]

    @property
    def whole(self) -> bool:
        """Every entry is sealed and was proven unchanged."""
        return bool(self.stations) and all(each.proven for each in self.stations)


def drawn_chain(session: Session, trace: Trace) -> DrawnChain:
    """The drawing of a chain that the actor may see (`trace` says so)."""
    key = batch_key(trace.enterprise, trace.batch)
    groups = [list(same) for _act, same in groupby(trace.entries, _same_act)]
    acts = [_act(entries) for entries in groups]
    placed = chain_graph.lay_out(acts)
    indexes = [entry.idx for entry in trace.entries]
    sizes = inquiries.covering_sizes(session, indexes)
    proven = _proven(session, trace.entries[-PROOFS_MAX:])
    vouched = inquiries.cosigned_sizes(session)
    moved = _moved(session, [key, *ledger.below(session, key)])
    papers = _Papers(session, trace)
    stations = []
    for entries, act, place in zip(groups, acts, placed, strict=True):
        last = entries[-1].idx
        covered = [sizes.get(entry.idx) for entry in entries]
        stations.append(
            Station(
                entries=entries,
                placed=place,
                labels=act.labels,
                masses=_sum(moved, [entry.idx for entry in entries]),
                paper=papers.of(entries[0].event),
                sealed_size=None if None in covered else max(size for size in covered if size is not None),
                witnesses=tuple(
                    VerifierKey.parse(witness).name for witness, size in vouched.items() if size > last
                ),
                proven=all(entry.idx in proven for entry in entries),
            )
        )
    lanes = max((max((*each.leaving, *each.from_lanes, each.lane)) + 1 for each in placed), default=1)
    return DrawnChain(stations, lanes, _names(session, trace))


def _same_act(entry: ledger.Entry) -> tuple[str, ...]:
    facts = entry.event.facts
    return (entry.event.type, entry.event.site, entry.event.subject, str(facts.get("reason", "")))


def _act(entries: Sequence[ledger.Entry]) -> Act:
    """The labels of an act, and those that end with it: treated, voided, poured out, replaced."""
    lines = [line for entry in entries for line in entry.event.lines if line.label]
    labels = frozenset(line.label for line in lines)
    kind = ledger.TYPES[entries[0].event.type]
    if kind.name in ENDS:
        return Act(labels, labels)
    if kind.rule == "relabel":
        return Act(labels, frozenset(line.label for line in lines[:1]))
    if kind.epcis == "TransformationEvent":
        return Act(labels, frozenset(line.label for line in lines if not line.mass_g))
    return Act(labels)


def _moved(session: Session, keys: Sequence[str]) -> dict[int, list[ledger.Movement]]:
    """The postings of the batch and of its mixtures by entry; one between two of them is told once."""
    found: dict[int, list[ledger.Movement]] = {}
    for key in keys:
        for movement in ledger.movements(session, batch=key):
            if movement.batch == key or movement.batch not in keys:
                found.setdefault(movement.idx, []).append(movement)
    return found


def _sum(moved: Mapping[int, Sequence[ledger.Movement]], indexes: Sequence[int]) -> Masses:
    in_g = out_g = difference_g = case_g = elsewhere_g = 0
    for movement in (each for idx in indexes for each in moved.get(idx, ())):
        grams, src, dst = movement.mass_g, movement.src_kind, movement.dst_kind
        if movement.dst_batch != movement.batch:
            elsewhere_g += grams
        in_g += grams if src in PHYSICAL else 0
        out_g += grams if dst in PHYSICAL or dst in SINKS else 0
        for kind, sign in ((dst, 1), (src, -1)):
            difference_g += sign * grams if kind in DIFFERENCES else 0
            case_g += sign * grams if kind == "SUSP" else 0
    return Masses(in_g, out_g, difference_g, case_g, elsewhere_g)


def _proven(session: Session, entries: Sequence[ledger.Entry]) -> frozenset[int]:
    """The entries whose stored bytes lead to the root of the newest checkpoint."""
    newest = integrating.latest(session)
    if newest is None:
        return frozenset()
    read = stored_tiles.reader(session, newest.size)
    found = set()
    leaves = inquiries.leaves_of(session, [entry.idx for entry in entries])
    for idx, leaf in leaves.items():
        if idx >= newest.size:
            continue
        try:
            with integrating.whole():
                proof = proofs.inclusion(idx, newest.size, read)
        except integrating.LedgerDamaged:
            continue
        if proofs.proves_inclusion(
            index=idx, size=newest.size, leaf_hash=tree.leaf_hash(leaf), proof=proof, root=newest.root
        ):
            found.add(idx)
    return frozenset(found)


class _Papers:
    """Which manifest an act belongs to: by the number it names, else by vehicle and leg."""

    def __init__(self, session: Session, trace: Trace) -> None:
        manifests = trace.manifests
        self._by_number = {number: each for each in manifests for number in _numbers(each)}
        lots = {lot.id: lot.lot_no for lot in trace.lots}
        self._by_number |= {lots[each.lot_id]: each for each in manifests if each.lot_id in lots}
        vehicles = [each.vehicle_id for each in manifests]
        query = select(Vehicle.id, Vehicle.plate).where(Vehicle.id.in_(vehicles))
        plates = {vehicle_id: plate for vehicle_id, plate in session.execute(query)} if manifests else {}
        self._first_leg = {
            f"veh:{plates.get(each.vehicle_id, '')}": each for each in manifests if each.leg == 1
        }

    def of(self, event: ledger.Event) -> Manifest | None:
        for name in (event.subject, str(event.facts.get("manifest", "")), str(event.facts.get("lot", ""))):
            if name in self._by_number:
                return self._by_number[name]
        if event.type not in ("container.loaded", "container.received", "container.refused"):
            return None
        vehicles = {place for line in event.lines for place in (line.place, line.to_place) if place}
        return next((self._first_leg[place] for place in vehicles if place in self._first_leg), None)


def _numbers(paper: Manifest) -> list[str]:
    return [number for number in (paper.provisional_no, paper.official_no) if number]


def _names(session: Session, trace: Trace) -> dict[str, str]:
    places = {entry.event.site for entry in trace.entries}
    for entry in trace.entries:
        places.update(place for line in entry.event.lines for place in (line.place, line.to_place) if place)
    names = {site: unit.name for site, unit in units_by_site(session, places).items()}
    return {place: names.get(place, _plain(place)) for place in places}


def _plain(place: str) -> str:
    """A vehicle by its plate; what has no name stays as it is."""
    return place.partition(":")[2] or place
