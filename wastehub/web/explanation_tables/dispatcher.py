"""Planning, publishing, crews, rounds; and why a request was left out of a plan."""

TABLE: dict[str, tuple[str, str]] = {
    "plan.nothing_to_plan": (
        "%(on)s 没有可收运的申请，无需排计划。请换一个日期，或等待单位提出申请。",
        "No request is ready for pickup on %(on)s, so there is nothing to plan. Choose another day or "
        "wait for requests.",
    ),
    "plan.no_platforms": (
        "系统中没有启用的收集平台，无法排计划。请管理员先登记平台。",
        "There is no active collection platform, so nothing can be planned. Ask an administrator to "
        "record one.",
    ),
    "plan.no_vehicles": (
        "%(on)s 没有可用车辆：车辆停用、道路运输证到期、已有任务，或缺少持有效证件的驾驶员和押运员。"
        "请先调整车辆或人员。",
        "No vehicle can go out on %(on)s: out of use, transport permit expired, already on a round, "
        "or without a certified driver and escort. Arrange vehicles or people first.",
    ),
    "plan.budget_out_of_range": (
        "计算时间应在 1 至 %(most)s 秒之间，您填写的是 %(given)s 秒。请修改后再提交。",
        "The computing time must be 1 to %(most)s seconds, not %(given)s. Change it and submit again.",
    ),
    "plan.day_over": (
        "%(on)s 已经过去（今天是 %(today)s），不能再排计划或发布。请选择今天或以后的日期。",
        "%(on)s is over (today is %(today)s): it can no longer be planned or published. Choose today "
        "or a later day.",
    ),
    "plan.date_malformed": (
        "“%(given)s”不是日期，没有执行。请按 2026-03-16 的格式填写。",
        "“%(given)s” is not a date; nothing was done. Write it like 2026-03-16.",
    ),
    "plan.run_under_way": (
        "%(on)s 的计划正在计算，不能同时再算一次。请等待完成，或先取消正在进行的计算。",
        "A plan for %(on)s is being computed already. Wait for it, or cancel it first.",
    ),
    "plan.run_over": (
        "这次计算已经结束，不能取消。请查看结果，或重新开始一次。",
        "This run has ended and cannot be cancelled. Look at its result or start another.",
    ),
    "plan.run_cancelled": (
        "计算已被取消，没有保存计划。需要时请重新开始。",
        "The run was cancelled; no plan was kept. Start another when you need it.",
    ),
    "plan.worker_lost": (
        "后台计算进程三次中断，这次计算已停止。请稍后重试；若仍失败，请联系管理员查看后台日志。",
        "The background worker died three times; the run was given up. Try later; if it fails again, "
        "ask the administrator to look at the worker's log.",
    ),
    "plan.solver_failed": (
        "计算没有得到符合全部规则的计划，因此没有保存。请重新计算；若仍失败，请联系管理员。",
        "The computation gave no plan that holds every rule, so none was kept. Run it again; if it "
        "fails again, ask the administrator.",
    ),
    "plan.not_draft": (
        "计划 %(plan_no)s 已经发布或作废，不能再次处理。请从计划列表打开最新的草案。",
        "Plan %(plan_no)s was published or discarded already. Open the latest draft from the list of plans.",
    ),
    "plan.empty": (
        "计划 %(plan_no)s 中没有站点，发布没有意义。请查看未排入的原因后重新计算。",
        "Plan %(plan_no)s has no stop, so there is nothing to publish. See why requests were left "
        "out, then plan again.",
    ),
    "plan.outdated": (
        "申请 %(request_no)s（%(firm)s）在计划生成后发生了变化，计划已经过时，没有发布。请重新计算当天计划。",
        "Request %(request_no)s (%(firm)s) changed after the plan was made, so the plan is out of "
        "date and was not published. Plan the day again.",
    ),
    "round.not_changeable": (
        "车次 %(round_no)s 已出发、已有站点完成或已结束，不能再更改。如需调整，请联系当班驾驶员。",
        "Round %(round_no)s has left, has finished stops or is over, and can no longer be changed. "
        "Call the crew instead.",
    ),
    "round.crew_missing": (
        "车次 %(round_no)s 缺少驾驶员或押运员。危险废物运输必须两人同车，请先指派班组。",
        "Round %(round_no)s lacks a driver or an escort. Two people must be on board; assign the crew first.",
    ),
    "round.person_not_chosen": (
        "还没有选择人员，班组没有更改。请从列表中选择驾驶员和押运员。",
        "Nobody was chosen, so the crew is unchanged. Choose a driver and an escort from the lists.",
    ),
    "round.crew_unfit": (
        "%(name)s 不能承担车次 %(round_no)s 的这一岗位：岗位不符、不属于本平台或已停用。请改选其他人员。",
        "%(name)s cannot take this place on round %(round_no)s: other duty, other platform or no "
        "longer active. Choose somebody else.",
    ),
    "round.certificate_expired": (
        "%(name)s 的从业资格证于 %(valid_until_on)s 到期，不能承担车次 %(round_no)s。请改派，或先更新证件。",
        "%(name)s's certificate ends on %(valid_until_on)s, before round %(round_no)s. Assign "
        "somebody else or renew it first.",
    ),
    "round.crew_busy": (
        "%(name)s 当天已在车次 %(other)s，不能同时承担 %(round_no)s。请改派其他人员。",
        "%(name)s is on round %(other)s that day and cannot take %(round_no)s as well. Assign somebody else.",
    ),
    "round.vehicle_unfit": (
        "车辆 %(plate)s 已停用或不属于本平台，车次 %(round_no)s 不能发布。请重新计算计划。",
        "Vehicle %(plate)s is out of use or not this platform's, so round %(round_no)s cannot be "
        "published. Plan again.",
    ),
    "round.vehicle_permit_expired": (
        "车辆 %(plate)s 的道路运输证于 %(valid_until_on)s 到期，不能执行车次 %(round_no)s。请更新证件"
        "后重新计算。",
        "Vehicle %(plate)s's transport permit ends on %(valid_until_on)s, before round %(round_no)s. "
        "Renew it and plan again.",
    ),
    "round.vehicle_busy": (
        "车辆 %(plate)s 当天已执行车次 %(other)s，不能再执行 %(round_no)s。请重新计算当天计划。",
        "Vehicle %(plate)s is on round %(other)s that day and cannot drive %(round_no)s as well. Plan "
        "the day again.",
    ),
    "stop.not_planned": (
        "申请 %(request_no)s 目前不在任何已发布的车次中，无需退回。请刷新页面查看最新状态。",
        "Request %(request_no)s is on no published round, so there is nothing to send back. Reload the page.",
    ),
    "stop.partly_loaded": (
        "车次 %(round_no)s 已装上容器 %(label_code)s，不能退回。请由驾驶员在手机上完成或撤销装车。",
        "Round %(round_no)s has loaded container %(label_code)s and cannot be taken back. Let the "
        "driver finish or undo the loading on the phone.",
    ),
    # --- requests left out of a plan ---
    "unassigned.no_containers": (
        "申请中没有可装车的容器（可能已作废）。请联系单位取消或重新申请。",
        "The request has no container left to load. Ask the firm to cancel it or to place it again.",
    ),
    "unassigned.no_contract": (
        "单位与可服务的平台之间没有在 %(on)s 有效的收集合同，依法不能收运。请先续签合同。",
        "The firm has no contract in force on %(on)s with a platform that may serve it, so the law "
        "forbids the pickup. Renew the contract first.",
    ),
    "unassigned.code_not_on_plan": (
        "%(waste_code)s 不在单位 %(year)s 年已备案的管理计划中，不能填写转移联单。请单位先变更管理计划。",
        "%(waste_code)s is not on the firm's registered management plan of %(year)s, so no manifest "
        "can be filled. Ask the firm to change its plan first.",
    ),
    "unassigned.no_allowed_depot": (
        "允许服务该单位的平台（%(allowed)s）当天没有可用车辆。请安排这些平台的车辆和人员，或改日。",
        "The platforms that may serve this firm (%(allowed)s) have no vehicle that day. Arrange "
        "vehicle and crew there, or choose another day.",
    ),
    "unassigned.depot_not_accepting": (
        "平台 %(depot)s 的许可证不包括 %(load_class)s，不能接收。请改由有许可的平台接收，或由单位另行委托。",
        "The permit of platform %(depot)s does not cover %(load_class)s. Let a licensed platform take "
        "it, or let the firm hand it over elsewhere.",
    ),
    "unassigned.no_licensed_vehicle": (
        "车辆 %(vehicle)s 等均未获准运输 %(load_class)s。请启用有相应许可的车辆，或改日再排。",
        "No vehicle (%(vehicle)s and others) is licensed to carry %(load_class)s. Bring in a licensed "
        "vehicle or plan another day.",
    ),
    "unassigned.class_conflict": (
        "%(load_class)s 与当天各趟次已装的废物不相容，不能同车。请改日单独安排，或增加一趟。",
        "%(load_class)s may not ride with what the day's trips already carry. Plan it for another day "
        "or add a trip.",
    ),
    "unassigned.capacity_too_small": (
        "申请的%(dimension)s为 %(load)s，最大车辆只能装 %(max)s，超出 %(over)s。请让单位分两次申请，"
        "或调用更大的车辆。",
        "The request's %(dimension)s is %(load)s; the largest vehicle takes %(max)s, %(over)s too "
        "little. Ask the firm to split the request, or bring in a larger vehicle.",
    ),
    "unassigned.storage_full": (
        "平台 %(depot)s 的贮存容量不足（%(load_class)s 超出 %(over_g)s）。请先安排出库转移，再重新计算。",
        "Platform %(depot)s lacks storage room (%(load_class)s: %(over_g)s over). Ship stock out "
        "first, then plan again.",
    ),
    "unassigned.quota_used_up": (
        "平台 %(depot)s 今年的许可收集量将被超过（超出 %(over_g)s）。请改由其他有合同的平台接收，或申"
        "请增加许可量。",
        "Platform %(depot)s would pass its licensed yearly quantity by %(over_g)s. Let another "
        "platform under contract take it, or apply for more.",
    ),
    "unassigned.time_window": (
        "最早到达时间比单位可收运时段晚 %(late_duration)s。请与单位商定更晚的时段。",
        "The earliest arrival is %(late_duration)s after the firm's last window. Agree on a later "
        "window with the firm.",
    ),
    "unassigned.depot_closed": (
        "返回卸货时平台已关门，超出 %(over_duration)s。请与单位商定更早的时段。",
        "The vehicle would be unloaded %(over_duration)s after the platform closes. Agree on an "
        "earlier window with the firm.",
    ),
    "unassigned.distance_too_long": (
        "往返里程超出车辆 %(vehicle)s 的日行驶上限 %(over_m)s。请由更近的平台服务。",
        "The way there and back is %(over_m)s above the daily limit of vehicle %(vehicle)s. Let a "
        "nearer platform serve it.",
    ),
    "unassigned.shift_too_short": (
        "在班次时间内无法完成往返，超出 %(over_duration)s。请与单位商定更宽的时段，或调整车辆班次。",
        "There and back does not fit the shift; it is %(over_duration)s too long. Agree on a wider "
        "window or change the shift.",
    ),
    "unassigned.rest_impossible": (
        "连续驾驶 %(driving_duration)s，排不进法定休息。请由更近的平台服务。",
        "With %(driving_duration)s of driving the lawful rest does not fit. Let a nearer platform serve it.",
    ),
    "unassigned.dearer_than_penalty": (
        "可以收，但今天多花 %(extra_cost_fen)s，高于放到以后的代价 %(penalty_fen)s。如需今天收，"
        "请标为加急后重新计算。",
        "It could be fetched, but today it would cost %(extra_cost_fen)s more, above the price of leaving it "
        "for later (%(penalty_fen)s). Mark it urgent and plan again if it has to go today.",
    ),
    "unassigned.fleet_exhausted": (
        "当天车辆已排满（用了 %(vehicles_used)s / %(vehicles)s 辆），主要受限于%(by)s。请增加车辆或班"
        "组，或改日；按到期日会优先排入下一天。",
        "The day's vehicles are full (%(vehicles_used)s of %(vehicles)s in use), mostly for lack of "
        "%(by)s. Add a vehicle and crew or wait for the next day, when its due date puts it first.",
    ),
    # --- what would let a request in ---
    "remedy.window_later": (
        "单位可收运时段延至 %(until_s)s（现为 %(close_s)s）",
        "Firm open until %(until_s)s instead of %(close_s)s",
    ),
    "remedy.window_earlier": (
        "单位可收运时段提前至 %(from_s)s（现为 %(open_s)s）",
        "Firm open from %(from_s)s instead of %(open_s)s",
    ),
    "remedy.depot_allowed": (
        "由平台 %(depot)s 服务（须先有收集合同）",
        "Served by platform %(depot)s (a contract first)",
    ),
    "remedy.vehicle_allowed": ("允许由车辆 %(vehicle)s 收运", "Vehicle %(vehicle)s allowed to fetch it"),
    "remedy.unpinned": ("不再固定在车辆 %(vehicle)s 上", "No longer pinned to vehicle %(vehicle)s"),
    "remedy.shift_longer": (
        "车辆 %(of)s 班次延长 %(over_duration)s",
        "Shift of vehicle %(of)s longer by %(over_duration)s",
    ),
    "remedy.trip_more": (
        "车辆 %(of)s 跑 %(trips)s 趟（现限 %(max_trips)s 趟）",
        "Vehicle %(of)s makes %(trips)s trips instead of %(max_trips)s",
    ),
    "remedy.distance_longer": (
        "车辆 %(of)s 当日里程上限提高 %(over_m)s",
        "Daily distance of vehicle %(of)s raised by %(over_m)s",
    ),
    "remedy.depot_open_longer": (
        "平台 %(of)s 延至 %(until_s)s 关门（现为 %(close_s)s）",
        "Platform %(of)s open until %(until_s)s instead of %(close_s)s",
    ),
    "remedy.storage": (
        "平台 %(of)s 为 %(load_class)s 腾出 %(over_g)s 库容",
        "Platform %(of)s makes room for %(over_g)s of %(load_class)s",
    ),
    "remedy.licence": (
        "平台 %(depot)s 有一辆获准运输 %(load_classes)s 的同型车辆",
        "A vehicle like %(of)s at platform %(depot)s, licensed for %(load_classes)s",
    ),
    "remedy.depot_accepts": (
        "平台 %(of)s 获准接收 %(load_classes)s",
        "Platform %(of)s permitted to take %(load_classes)s",
    ),
    "remedy.capacity": (
        "一辆%(dimension)s比 %(of)s 多 %(over)s 的车辆",
        "A vehicle with %(over)s more than %(of)s (%(dimension)s)",
    ),
    "remedy.vehicle_more": (
        "平台 %(depot)s 增加一辆与 %(of)s 同型的车辆和班组",
        "One more vehicle like %(of)s with crew at platform %(depot)s",
    ),
}
