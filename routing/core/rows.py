"""Writing vehicle-days: a change goes to a fresh row, the old one stays until the change is settled."""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

from routing.core.jit import compiled, inlined
from routing.core.layout import Live, Net
from routing.core.stretches import day_cost, within_limits
from routing.core.tables import Array
from routing.core.timing import rebuild


@inlined
def take_row(live: Live, k: int) -> int:
    """A row to write a day of this kind to."""
    count = live.count[0]
    count.free -= 1
    row = live.free[count.free]
    info = live.rows[row]
    info.kind, info.live, info.fresh, info.size = k, 1, count.stamp, 0
    live.new[count.new] = row
    count.new += 1
    live.used[k] += 1
    return row


@inlined
def retire(live: Live, row: int) -> None:
    """This row is no longer part of the plan."""
    count = live.count[0]
    info = live.rows[row]
    info.live = 0
    live.used[info.kind] -= 1
    if info.fresh != count.stamp:
        live.old[count.old] = row
        count.old += 1


@inlined
def store(net: Net, live: Live, depot: int, node: int, sign: int) -> None:
    """Count what a stop brings in or out of a depot's storage."""
    total = live.stored.shape[1] - 1
    for entry in range(net.mass_at[node], net.mass_at[node + 1]):
        grams = sign * net.mass[entry, 1]
        live.stored[depot, net.mass[entry, 0]] += grams
        live.stored[depot, total] += grams


@inlined
def look_for_room(net: Net, live: Live, node: int) -> None:
    """Which depots can still take in this stop: fills live.room."""
    total = live.stored.shape[1] - 1
    for depot in range(live.room.shape[0]):
        fits, brought = True, 0
        for entry in range(net.mass_at[node], net.mass_at[node + 1]):
            name, grams = net.mass[entry, 0], net.mass[entry, 1]
            brought += grams
            if grams > 0 and live.stored[depot, name] + grams > net.storage[depot, name]:
                fits = False
        if brought > 0 and live.stored[depot, total] + brought > net.storage[depot, total]:
            fits = False
        live.room[depot] = fits


@inlined
def choose_window(net: Net, live: Live, node: int, number: int) -> None:
    w = net.window_at[node] + number
    live.window[node, 0], live.window[node, 1], live.window[node, 2] = (
        net.windows[w, 0],
        net.windows[w, 1],
        number,
    )


@inlined
def leave(net: Net, live: Live, node: int, depot: int) -> None:
    """Take a stop out of the plan and note it among those to put back."""
    count = live.count[0]
    live.leaving[node] = True
    live.at[node, 0] = -1
    live.gone[count.gone] = node
    for f in range(3):
        live.gone_window[count.gone, f] = live.window[node, f]
    count.gone += 1
    if net.rules[0].storage:
        store(net, live, depot, node, -1)


@compiled
def rewrite(net: Net, live: Live, row: int) -> None:
    """Write a row again without the stops that are leaving; it gives way to nothing if it is empty."""
    first = net.rules[0].first
    k = live.rows[row].kind
    kind = net.kinds[k]
    retire(live, row)
    new = take_row(live, k)
    size, since = 0, 0
    for i in range(1, live.rows[row].size + 1):
        node = live.seq[row, i]
        if node < first:
            if since == 0 and not (kind.begun >= 0 and size == 0):
                continue
            since = 0
        elif live.leaving[node]:
            continue
        else:
            since += 1
        size += 1
        live.seq[new, size] = node
    if size > 0 and since == 0:
        size -= 1  # the last trip has nothing left to visit
    live.rows[new].size = size
    if size == 0 and kind.begun < 0:
        retire(live, new)
    elif not rebuild(net, live, new):
        _empty(net, live, new)
    else:
        change_kind(net, live, new)


@compiled
def _empty(net: Net, live: Live, row: int) -> None:
    """Without those that left the day became impossible (no shorter way round): all others leave, too."""
    info = live.rows[row]
    kind = net.kinds[info.kind]
    for i in range(1, info.size + 1):
        node = live.seq[row, i]
        if node >= net.rules[0].first:
            leave(net, live, node, kind.depot)
    info.size = 0
    if kind.begun >= 0:
        rebuild(net, live, row)
    else:
        retire(live, row)


@compiled
def kind_fits(net: Net, live: Live, row: int, k: int) -> bool:
    """Whether a kind with the same timetable may do this day."""
    info = live.rows[row]
    if info.trips > net.kinds[k].trips or not within_limits(net, k, info.metres, info.span):
        return False
    if net.kinds[k].separates < net.kinds[info.kind].separates and quarrels(net, live.seq[row], info.size, 0):
        return False
    for trip in range(info.trips):
        for d in range(net.load.shape[1]):
            if live.trip_load[row, trip, d] > net.capacity[k, d]:
                return False
    return may_visit_all(net, live, row, k)


@compiled
def may_visit_all(net: Net, live: Live, row: int, k: int) -> bool:
    info = live.rows[row]
    if net.licensed[info.kind, k]:
        return True
    for i in range(1, info.size + 1):
        node = live.seq[row, i]
        if node >= net.rules[0].first and not net.allow[k, node]:
            return False
    return True


@compiled
def quarrels(net: Net, seq: Array, size: int, separates: int) -> bool:
    """Whether two stops of a trip of this day may not share it on a vehicle that separates, or does not."""
    for i in range(1, size + 1):
        a = seq[i]
        if a < net.rules[0].first:
            continue
        for j in range(i + 1, size + 1):
            b = seq[j]
            if b < net.rules[0].first:
                break
            for w in range(net.classes.shape[1]):
                if net.avoid[separates, a, w] & net.classes[b, w]:
                    return True
    return False


@compiled
def change_kind(net: Net, live: Live, row: int) -> None:
    """Give a day to the cheapest vehicle of the same depot and hours that is free and large enough."""
    info = live.rows[row]
    best, cost = info.kind, info.cost
    for q in range(net.peers.shape[1]):
        k = net.peers[info.kind, q]
        if k < 0:
            break
        asked = day_cost(net, k, info.metres, info.span)
        if asked < cost and live.used[k] < net.kinds[k].count and kind_fits(net, live, row, k):
            best, cost = k, asked
    if best != info.kind:
        live.used[info.kind] -= 1
        live.used[best] += 1
        info.kind, info.cost = best, cost


@compiled
def own_copy(live: Live, row: int) -> int:
    """A fresh row with the sequence of this one, which retires; the row itself if it is fresh."""
    info = live.rows[row]
    if info.fresh == live.count[0].stamp:
        return row
    retire(live, row)
    new = take_row(live, info.kind)
    live.rows[new].size = info.size
    for i in range(info.size + 2):
        live.seq[new, i] = live.seq[row, i]
    return new


@compiled
def put(net: Net, live: Live, node: int) -> bool:
    """Put a stop where live.choice says. False, and nothing changed, if the day proves impossible."""
    choice = live.choice[0]
    if choice.row < 0:
        row = take_row(live, choice.kind)
        live.seq[row, 1] = node
        live.rows[row].size = 1
    else:
        row = own_copy(live, choice.row)
        info = live.rows[row]
        if info.kind != choice.kind:
            live.used[info.kind] -= 1
            live.used[choice.kind] += 1
            info.kind = choice.kind
        _make_space(net, live, row, node)
    choose_window(net, live, node, choice.window)
    if not rebuild(net, live, row):
        _take_back(net, live, row, node)
        return False
    if net.rules[0].storage:
        store(net, live, net.kinds[choice.kind].depot, node, 1)
    return True


@inlined
def _make_space(net: Net, live: Live, row: int, node: int) -> None:
    """The stop before place `place`; for a trip of its own, with a depot node on the inner side."""
    choice = live.choice[0]
    info = live.rows[row]
    wide = 2 if choice.new else 1
    place = choice.place
    for i in range(info.size, place - 1, -1):
        live.seq[row, i + wide] = live.seq[row, i]
    live.seq[row, place] = node
    if choice.new:
        home = net.kinds[info.kind].depot
        if choice.trip < 0:
            live.seq[row, place + 1] = home
        else:
            live.seq[row, place], live.seq[row, place + 1] = home, node
    info.size += wide


@compiled
def _take_back(net: Net, live: Live, row: int, node: int) -> None:
    choice = live.choice[0]
    info = live.rows[row]
    live.at[node, 0] = -1
    if choice.row < 0:
        retire(live, row)
        return
    wide = 2 if choice.new else 1
    for i in range(choice.place, info.size - wide + 1):
        live.seq[row, i] = live.seq[row, i + wide]
    info.size -= wide
    rebuild(net, live, row)
