"""Open loops that are answered, and the log verified in the background."""

TABLE: dict[str, tuple[str, str]] = {
    "loop.closed": (
        "这件事已经闭环，不需要再答复。请刷新页面查看最新状态。",
        "This loop is closed by now; no answer is needed. Reload the page to see where it stands.",
    ),
    "loop.answer_unknown": (
        "这类事项只能承诺完成日期，不能仅以说明结束。请选择日期并填写原因。",
        "A loop of this kind cannot be ended by words alone. Choose a day and say why.",
    ),
    "loop.promise_out_of_range": (
        "承诺日期须在明天至 %(last_on)s 之间。请另选日期；确需更久的，请先与监管部门沟通。",
        "The promised day must lie between tomorrow and %(last_on)s. Choose another day; if it takes "
        "longer, talk to the authority first.",
    ),
    "verification.under_way": (
        "已有一次校验正在进行。请等它完成，或先取消。",
        "The ledger is being verified already. Wait for the result, or cancel that run first.",
    ),
    "verification.over": (
        "这次校验已经结束，不能再取消。",
        "This verification is over and cannot be cancelled.",
    ),
    "verification.worker_lost": (
        "后台程序三次中断，校验没有完成。请管理员查看日志后重新校验。",
        "The worker broke off three times; the ledger was not verified. Administrators: see the log, "
        "then start again.",
    ),
    "verification.failed": (
        "校验程序出错，没有得出结论。请重新校验；再次失败请联系管理员。",
        "The verification broke off without a result. Start it again; if it fails again, call the "
        "administrator.",
    ),
}
