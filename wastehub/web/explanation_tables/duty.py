"""Refusals of a round on the road: rest, relay, the end of the day."""

TABLE: dict[str, tuple[str, str]] = {
    "rest.not_open": (
        "没有正在进行的休息，结束休息没有登记。请看今天的休息记录；可能另一位已经结束。",
        "There is no rest to end, so nothing was entered. Look at today's rests: the other crew "
        "member may have ended it.",
    ),
    "relay.no_round": (
        "车牌 %(plate)s 今天没有待出车或在途的任务，换车没有登记。请核对车牌，或请调度先给那辆车安排任务。",
        "Vehicle %(plate)s has no round today, so the relay was not entered. Check the plate, or ask "
        "the dispatcher for a round of that vehicle first.",
    ),
    "relay.same_vehicle": (
        "填的是本车 %(plate)s，换车没有登记。请填另一辆车的车牌。",
        "%(plate)s is this very vehicle, so the relay was not entered. Enter the other vehicle's plate.",
    ),
    "relay.round_not_under_way": (
        "车辆 %(plate)s 没有在途，换车没有登记。请先在那辆车上登记出发。",
        "Vehicle %(plate)s is not on the road, so the relay was not entered. Record its departure first.",
    ),
    "relay.no_trip": (
        "车辆 %(plate)s 现在没有在途的趟次，不能接货。请先登记出发。",
        "Vehicle %(plate)s has no trip under way and cannot take the load. Record its departure first.",
    ),
    "relay.given_already": (
        "已经登记交给 %(plate)s，等对方登记接收。要改，请调度先撤销这次换车。",
        "This was already given to %(plate)s and waits for the other crew. To change it, ask the "
        "dispatcher to withdraw the relay.",
    ),
    "relay.taken_already": (
        "已经登记从 %(plate)s 接收，等对方登记交出。要改，请调度先撤销这次换车。",
        "This was already taken from %(plate)s and waits for the other crew. To change it, ask the "
        "dispatcher to withdraw the relay.",
    ),
    "relay.nothing": (
        "没有选任何容器，换车没有登记。请至少选一份联单的货。",
        "No container was chosen, so the relay was not entered. Choose the load of at least one manifest.",
    ),
    "relay.not_on_board": (
        "有 %(containers)s 个容器不在交出的车上，换车没有登记。请核对后重新选择。",
        "%(containers)s containers are not on the giving vehicle, so the relay was not entered. Check "
        "and choose again.",
    ),
    "relay.manifest_split": (
        "联单 %(number)s 还有 %(containers)s 个容器没有选。一份联单的货要整份交接，请全部选上。",
        "%(containers)s containers of manifest %(number)s were not chosen. A manifest's load goes as "
        "a whole: choose all of them.",
    ),
    "relay.stop_open": (
        "联单 %(number)s 的站点还没离开，不能换车。请先登记离开这一站。",
        "The stop of manifest %(number)s has not been left yet. Record that you have left it, then relay.",
    ),
    "relay.differs": (
        "交出的是 %(given)s 个容器，接收的是 %(taken)s 个，换车没有完成。请两边当面点清后重新登记。",
        "%(given)s containers were given and %(taken)s taken, so the relay is not complete. Count "
        "them together and enter it again.",
    ),
    "relay.vehicle_not_licensed": (
        "车辆 %(plate)s 的许可不含 %(category)s，不能接这批货。请换一辆车，或联系调度。",
        "Vehicle %(plate)s is not licensed for %(category)s and cannot take this load. Use another "
        "vehicle or call the dispatcher.",
    ),
    "relay.incompatible": (
        "%(group)s 类和车辆 %(plate)s 上的 %(group_on_board)s 类不能同车，"
        "不能接这批货。请换一辆车，或联系调度。",
        "Group %(group)s may not ride with group %(group_on_board)s on vehicle %(plate)s. Use another "
        "vehicle or call the dispatcher.",
    ),
    "relay.unclassified_alone": (
        "有容器没有配伍分类，只能单独运输，车辆 %(plate)s 上已有别的货。请换一辆空车，或联系调度。",
        "A container without a segregation group travels alone, and vehicle %(plate)s carries other "
        "waste. Use an empty vehicle or call the dispatcher.",
    ),
    "relay.overloaded": (
        "接收后车辆 %(plate)s 共 %(load_g)s，超过核定载质量 %(capacity_g)s。请少交一份联单，或换一辆车。",
        "With this load vehicle %(plate)s would carry %(load_g)s, above its rated %(capacity_g)s. "
        "Give one manifest less or use another vehicle.",
    ),
    "relay.not_open": (
        "这次换车已经完成或已撤销，不能再撤销。请刷新页面查看。",
        "This relay is done or withdrawn already. Reload the page.",
    ),
    "day.round_open": (
        "任务 %(round_no)s 还在途，当日记录没有结清。请先登记收车。",
        "Round %(round_no)s is still on the road, so the day was not closed. End the round first.",
    ),
    "day.counts_wrong": (
        "手机报的条数不对，当日记录没有结清。请刷新后重试；仍不行请联系平台。",
        "The phone's counts make no sense, so the day was not closed. Reload and try again; if it "
        "stays, call the platform.",
    ),
}
