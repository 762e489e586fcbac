"""Plans adjusted by hand: pins, moves, comparisons; and each rule that a manual order may break."""

TABLE: dict[str, tuple[str, str]] = {
    "plan.pin_vehicle_gone": (
        "车辆 %(plate)s 当天不能出车（停用、证件到期、已有任务或缺少班组），但有 %(stops)s 个站点钉在它上面。"
        "请先取消这些钉住，或恢复车辆，再重新优化。",
        "Vehicle %(plate)s cannot go out that day (out of use, permit expired, on a round, or no crew), but "
        "%(stops)s stops are pinned to it. Unpin them or bring the vehicle back, then plan again.",
    ),
    "plan.order_breaks_rules": (
        "调整后的路线违反 %(count)s 条规则，没有保存。请按页面列出的办法修改，或撤销最后一步。",
        "The adjusted routes break %(count)s rules and were not kept. Change them as the page suggests, or "
        "undo the last step.",
    ),
    "plan.order_unchanged": (
        "路线和计划 %(plan_no)s 相同，没有需要保存的更改。请先移动站点。",
        "The routes are those of plan %(plan_no)s; there is nothing to keep. Move a stop first.",
    ),
    "plan.too_many_moves": (
        "一次最多调整 %(most)s 步（现有 %(given)s 步）。请先保存为新草案，再继续调整。",
        "At most %(most)s steps at a time (there are %(given)s). Keep them as a new draft, then go on.",
    ),
    "plan.place_unknown": (
        "找不到要移动的站点，或目标车辆没有这个位置，没有移动。请从列表中重新选择。",
        "That stop or place does not exist; nothing was moved. Choose again from the lists.",
    ),
    "plan.other_day": (
        "两个计划不是同一天（%(on)s 和 %(other)s），不能比较。请选择同一天的计划。",
        "The two plans are for different days (%(on)s and %(other)s) and cannot be compared. Choose plans "
        "of one day.",
    ),
    # --- the day under way ---
    "revision.incident_unknown": (
        "请选择发生了什么情况，没有开始重新安排。",
        "Choose what happened; nothing was planned yet.",
    ),
    "revision.delay_out_of_range": (
        "多花的时间应在 1 至 %(most)s 分钟之间，您填写的是 %(given)s 分钟。请修改后再提交。",
        "The delay must be 1 to %(most)s minutes, not %(given)s. Change it and submit again.",
    ),
    "revision.nothing_left": (
        "%(platform)s 当天没有还没完成的站点，无需重新安排。",
        "%(platform)s has no stop left that day; there is nothing to plan again.",
    ),
    "revision.no_vehicles": (
        "%(platform)s 没有其他车辆和班组可以接手。请先协调车辆和人员，或把申请退回待排。",
        "%(platform)s has no other vehicle and crew to take over. Arrange some, or send the requests back.",
    ),
    "revision.not_draft": (
        "任务调整 %(revision_no)s 已经发布或作废，不能再次处理。",
        "Revision %(revision_no)s was published or discarded already.",
    ),
    "revision.outdated": (
        "生成任务调整 %(revision_no)s 之后，班组已有新的操作，没有发布。请重新安排一次。",
        "A crew has done something since revision %(revision_no)s was made, so it was not published. Plan "
        "the rest again.",
    ),
    # --- rules that a manual order breaks ---
    "breach.window_missed": (
        "%(start_s)s 才能开始装车，比单位可收运时段晚 %(late_duration)s。",
        "Loading could start at %(start_s)s only, %(late_duration)s after the firm's last window.",
    ),
    "breach.depot_not_allowed": (
        "平台 %(depot)s 不能服务该单位（没有合同，或不在服务范围）。",
        "Platform %(depot)s may not serve this firm (no contract, or outside its area).",
    ),
    "breach.depot_not_accepting": (
        "平台 %(depot)s 的许可证不包括 %(load_class)s。",
        "The permit of platform %(depot)s does not cover %(load_class)s.",
    ),
    "breach.licence_missing": (
        "该车辆未获准运输 %(load_class)s。",
        "This vehicle is not licensed to carry %(load_class)s.",
    ),
    "breach.vehicle_not_allowed": (
        "该单位不能由这辆车收运。",
        "This vehicle may not fetch from this firm.",
    ),
    "breach.capacity_exceeded": (
        "%(dimension)s %(load)s，车辆上限 %(max)s，超出 %(over)s。",
        "%(dimension)s %(load)s, the vehicle takes %(max)s: %(over)s too much.",
    ),
    "breach.class_conflict": (
        "%(a)s（%(stop_a)s）与 %(b)s（%(stop_b)s）不相容，不能同车。",
        "%(a)s (%(stop_a)s) may not ride with %(b)s (%(stop_b)s).",
    ),
    "breach.too_many_trips": (
        "共 %(trips)s 趟，该车一天最多 %(max)s 趟。",
        "%(trips)s trips; this vehicle makes at most %(max)s a day.",
    ),
    "breach.distance_exceeded": (
        "当日里程 %(distance_m)s，超出上限 %(over_m)s。",
        "%(distance_m)s in the day, %(over_m)s above its limit.",
    ),
    "breach.storage_full": (
        "平台贮存容量不足：%(load_class)s 超出 %(over_g)s。",
        "The platform's store is too small: %(load_class)s is %(over_g)s over.",
    ),
    "breach.depot_closed": (
        "%(end_s)s 才能卸完，比平台关门晚 %(over_duration)s。",
        "Unloaded at %(end_s)s only, %(over_duration)s after the platform closes.",
    ),
    "breach.shift_end_passed": (
        "%(end_s)s 才能收车，比班次结束晚 %(over_duration)s。",
        "Back at %(end_s)s only, %(over_duration)s after the end of the shift.",
    ),
    "breach.shift_too_long": (
        "全天 %(span_duration)s，超出班次时长 %(over_duration)s。",
        "The day takes %(span_duration)s, %(over_duration)s more than a shift.",
    ),
    "breach.rest_missing": (
        "连续驾驶 %(driven_duration)s，超出法定上限 %(over_duration)s，中间排不进休息。",
        "%(driven_duration)s of driving without a rest, %(over_duration)s above the legal limit.",
    ),
    "breach.leaves_too_early": (
        "%(leave_s)s 出发早于可出发时间 %(earliest_s)s。",
        "It would leave at %(leave_s)s, before %(earliest_s)s.",
    ),
    "breach.order_broken": (
        "与已锁定的站点顺序不符。",
        "It breaks an order of stops that is locked.",
    ),
    "breach.other": (
        "不符合排班规则（%(code)s）。请撤销最后一步，或换一个位置。",
        "It breaks a rule of planning (%(code)s). Undo the last step or choose another place.",
    ),
    # --- requests left out, reasons that need the pins, an order or several days ---
    "unassigned.set_aside": (
        "调度员已手工移出本计划。需要时在“手工调整”中重新排入，否则留待以后的计划。",
        "A dispatcher took it off this plan. Put it back under “Adjust by hand”, or leave it for later.",
    ),
    "unassigned.no_allowed_vehicle": (
        "只允许由车辆 %(allowed)s 收运，而它当天不可用或已锁定。请解除锁定，或换一个日期。",
        "Only vehicle %(allowed)s may fetch it, and that one is locked or not free. Unlock it or choose "
        "another day.",
    ),
    "unassigned.pinned_elsewhere": (
        "已钉在车辆 %(vehicle)s 上，而该车排不进这一站。请取消钉住，或调整该车的其他站点。",
        "It is pinned to vehicle %(vehicle)s, whose day has no room for it. Unpin it or move other stops "
        "of that vehicle.",
    ),
    "unassigned.too_many_trips": (
        "车辆当天 %(max)s 趟都已用完。请增加车辆，允许多跑一趟，或改日。",
        "The vehicle's %(max)s trips of the day are used up. Add a vehicle, allow one more trip, or choose "
        "another day.",
    ),
    "unassigned.order_broken": (
        "排入这一站会打乱车辆 %(vehicle)s 已锁定的顺序。请解除锁定后重新优化。",
        "It would break the locked order of vehicle %(vehicle)s. Unlock it and plan the rest again.",
    ),
    "unassigned.not_ready": (
        "可收运日期在计划日期之后，尚不能收。请排入以后的日期。",
        "It is ready only after the day of this plan. Plan it for a later day.",
    ),
    "unassigned.past_due": (
        "计划范围内没有应收运日期之前的收运日，会超过期限。请优先安排，或与单位商定新的日期。",
        "No day of this plan lies before its due date. Give it priority or agree on another day.",
    ),
    "unassigned.no_service_day": (
        "可收运日期与应收运日期之间没有收运日。请增加收运日，或与单位商定其他日期。",
        "No service day lies between its ready and its due day. Add one, or agree on other days.",
    ),
    "unassigned.later": (
        "还没到期，预排在 %(on)s 收运更合适。需要提前收运时，请标为加急后重新计算。",
        "It is not due yet; the forecast has it on %(on)s. Mark it urgent and plan again to have it sooner.",
    ),
}
