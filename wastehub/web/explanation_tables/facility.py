"""Refusals of the platform's gate and the plant's gate that the shared table does not have."""

TABLE: dict[str, tuple[str, str]] = {
    "reception.already_decided": (
        "容器 %(label_code)s 已经登记过接收结果，没有重复登记。"
        "请刷新页面核对；结果有误请在“差异处理”中更正。",
        "Container %(label_code)s has been decided already; nothing was recorded twice. Reload the page; if "
        "the result is wrong, correct it under Differences.",
    ),
    "reception.mass_missing": (
        "接受的容器必须有称重重量。请过磅后填写重量；未过磅而拒收的可以留空。",
        "A container that is accepted needs a weighed mass. Weigh it and enter the mass; only a refused "
        "container may go without.",
    ),
    "reception.still_open": (
        "任务 %(round_no)s 第 %(trip)s 趟还没有接收完毕，暂时不能退回。请先办结本趟接收。",
        "Trip %(trip)s of round %(round_no)s is not fully received yet. Finish its reception before "
        "returning containers.",
    ),
    "reception.nothing_to_return": (
        "没有选择要退回的容器。请至少勾选一个。",
        "No container was chosen. Tick at least one to return.",
    ),
    "lot.empty": (
        "出库批次 %(lot_no)s 里已经没有容器，不能发运。请先装入容器，或取消该批次。",
        "Lot %(lot_no)s has no containers left and cannot leave. Pack containers first, or cancel the lot.",
    ),
    "facility.nothing_chosen": (
        "还没有选择，或选择的内容无法识别。请从列表中选择。",
        "Nothing was chosen, or the choice is not readable. Choose from the list.",
    ),
    "treatment.already_treated": (
        "容器 %(label_code)s 已于 %(treated_at)s 利用处置（%(treatment_no)s），不能再次登记。"
        "请从本次选择中去掉它；重量有误的请提出更正。",
        "Container %(label_code)s was treated at %(treated_at)s (%(treatment_no)s) and cannot be treated "
        "again. Leave it out; if its mass was wrong, propose a correction.",
    ),
    "zone.not_chosen": (
        "没有选择容器。请勾选要入区的容器。",
        "No container was chosen. Tick the containers to be put away.",
    ),
}
