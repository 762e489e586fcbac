"""The week ahead: refusals, why a day cannot be had, what would make it sooner."""

TABLE = {
    "forecast.days_out_of_range": (
        "预排天数应在 1 到 %(most)s 个收运日之间。请改后再试。",
        "A forecast covers 1 to %(most)s service days. Change the number and try again.",
    ),
    "forecast.run_under_way": (
        "预排正在计算。请等它完成，或先取消它。",
        "A forecast is being made. Wait until it is done, or cancel it first.",
    ),
    "forecast.none": (
        "还没有有效的预排，不能按预排排这一天。请先更新预排，或直接排这一天的计划。",
        "There is no forecast to go by. Make one first, or plan the day by itself.",
    ),
    # --- why a firm cannot have a day ---
    "slot.not_ready": (
        "在所填的最早可收运日 %(ready_on)s 之前",
        "Before the first day you named, %(ready_on)s",
    ),
    "slot.past_due": ("晚于最迟收运日 %(due_on)s", "After the last day, %(due_on)s"),
    "slot.day_over": ("当天已不能安排", "This day is over"),
    "slot.day_published": ("当天车次已发布，不再加站", "The rounds of that day are published already"),
    "slot.time_window": ("车辆赶不到所填的可收运时段", "No truck can be there in the hours you named"),
    "slot.fleet_exhausted": ("当天车辆已排满", "All trucks are full that day"),
    "slot.shift_too_short": ("班次内来不及往返", "There and back does not fit a shift"),
    "slot.capacity_too_small": ("一车装不下", "It does not fit into one truck"),
    "slot.class_conflict": (
        "与当天车上的其他废物不能同车",
        "It may not ride with what the trucks carry that day",
    ),
    "slot.storage_full": (
        "平台库容不足，需先出库",
        "The platform's store is full until stock is shipped out",
    ),
    "slot.no_licensed_vehicle": (
        "当天没有获准运输这种废物的车辆",
        "No truck licensed for this waste drives that day",
    ),
    "slot.no_allowed_depot": (
        "签约平台当天没有可用车辆",
        "The platform you have a contract with has no truck that day",
    ),
    "slot.depot_not_accepting": (
        "签约平台的许可证当天不包括这种废物",
        "The permit of your platform does not cover this waste that day",
    ),
    "slot.other": ("当天的路线安排不下", "It does not fit the routes of that day"),
    # --- what would make it sooner ---
    "sooner.ready_earlier": (
        "如果 %(on)s 就能备好，当天就可以收",
        "If it were ready on %(on)s, it could be fetched that day",
    ),
    "sooner.wider_window": (
        "如果可收运时段放宽到 %(from_s)s–%(until_s)s，%(on)s 就可以收",
        "With open hours from %(from_s)s to %(until_s)s it could be fetched on %(on)s",
    ),
    "sooner.split": (
        "如果分两次申请，%(on)s 可以先收其中 %(count)s 个容器（共 %(of)s 个）",
        "Asked for in two parts, %(count)s of the %(of)s containers could go on %(on)s",
    ),
}
