"""Refusals of waybills, paper manifests, hand-overs, reports of differences and certificates."""

TABLE: dict[str, tuple[str, str]] = {
    "waybill.not_checked": (
        "还没有做装车五必查，运单没有签发，车辆不能出发。请逐项检查并登记结果。",
        "The five checks at loading have not been made, so there is no waybill and the vehicle may not "
        "leave. "
        "Make the checks and enter the results.",
    ),
    "waybill.check_missing": (
        "“%(name_zh)s”还没有检查结果，没有登记。请查过之后选择合格或不合格。",
        "There is no result for “%(name_en)s”; nothing was entered. Check it and choose passed or failed.",
    ),
    "waybill.check_failed": (
        "“%(name_zh)s”不合格，车辆不能出发。请排除问题后重新检查，或联系调度换车、换人。",
        "“%(name_en)s” failed, so the vehicle may not leave. Put it right and check again, or ask the "
        "dispatcher "
        "for another vehicle or crew.",
    ),
    "waybill.check_unknown": (
        "“%(given)s”不是五必查的检查项或结果，没有登记。请重新选择。",
        "“%(given)s” is none of the five checks or results; nothing was entered. Please choose again.",
    ),
    "waybill.check_applies": (
        "“%(name_zh)s”对每次运输都适用，不能选“不适用”。请查过之后选择合格或不合格。",
        "“%(name_en)s” applies to every transport and cannot be left out. Check it and choose passed or "
        "failed.",
    ),
    "waybill.note_missing": (
        "有检查项不合格，但没有说明哪里不合格。请写明问题后登记。",
        "A check failed but nothing says what is wrong. Describe it, then enter the result.",
    ),
    "waybill.checked_for_others": (
        "运单 %(waybill_no)s 的检查是对另一辆车或另一组人员做的。请对现在的车辆和人员重新检查。",
        "The checks of waybill %(waybill_no)s were made for another vehicle or crew. Check again with "
        "those of now.",
    ),
    "waybill.too_late": (
        "这一趟已经出发或取消，不能再登记出发前的检查。请刷新页面查看最新状态。",
        "This trip has left or was cancelled; checks before departure can no longer be entered. Reload the "
        "page.",
    ),
    "trip.not_startable": (
        "这一趟现在不能出发：它已经出发，或前一趟还没有回到平台。请刷新页面查看最新状态。",
        "This trip cannot leave now: it has left already, or the one before is not back yet. Reload the "
        "page.",
    ),
    "transport.un_number_malformed": (
        "“%(given)s”不是 UN 编号。UN 编号为 4 位数字，例如“UN”加四位数字；不确定时请留空。",
        "“%(given)s” is not a UN number, which has four digits. Leave it empty when in doubt.",
    ),
    "manifest.not_on_the_road": (
        "联单现在不在运输途中，不能登记联运交接。交接只能在起运之后、运抵之前登记。",
        "The manifest is not on the road, so no hand-over can be entered. It is entered between departure "
        "and "
        "arrival.",
    ),
    "manifest.not_verified": (
        "后一承运人还没有核对移出人、前一承运人和危险废物信息，没有登记。请核对后勾选。",
        "The next carrier has not verified mover-out, former carrier and waste data; nothing was entered. "
        "Verify "
        "them, then tick the box.",
    ),
    "manifest.time_in_future": (
        "时间 %(given)s 还没有到，没有保存。请填写实际发生的时间。",
        "The time %(given)s lies ahead, so nothing was saved. Enter when it happened.",
    ),
    "manifest.time_too_early": (
        "时间 %(given)s 早于 %(earliest)s，没有保存。请核对后重新填写。",
        "The time %(given)s lies before %(earliest)s, so nothing was saved. Check it and enter it again.",
    ),
    "manifest.paper_unfinished": (
        "这次转移还没有运抵接受人，纸质联单还不完整。请在运抵之后补录。",
        "The transfer has not arrived yet, so the paper is not complete. Enter it after the arrival.",
    ),
    "manifest.photo_missing": (
        "没有纸质联单的照片，没有补录。请拍下每一页后上传。",
        "There is no photo of the paper manifest, so it was not entered. Photograph every page and upload "
        "it.",
    ),
    "manifest.too_many_photos": (
        "照片超过 %(most)s 张，没有补录。请只上传纸质联单的各页。",
        "There are more than %(most)s photos, so nothing was entered. Upload only the pages of the paper.",
    ),
    "manifest.photo_unknown": (
        "有照片还没有上传成功，没有补录。请重新上传照片。",
        "A photo has not arrived yet, so nothing was entered. Upload it again.",
    ),
    "manifest.paper_differs": (
        "%(waste_code)s 纸面移出量 %(paper_g)s，与称重记录 %(weighed_g)s 不同，没有补录。"
        "请核对纸面；称重有误时，先在“差异处理”里提出更正。",
        "For %(waste_code)s the paper says %(paper_g)s but %(weighed_g)s was weighed, so it was not "
        "entered. Check "
        "the paper; if the weighing is wrong, propose a correction under differences first.",
    ),
    "manifest.difference_missing": (
        "没有选择与联单不符的方面，没有登记。请至少选择一项。",
        "No respect was chosen in which the waste differs; nothing was entered. Choose at least one.",
    ),
    "manifest.difference_unknown": (
        "“%(given)s”不是差异的类别，没有登记。请重新选择。",
        "“%(given)s” is no kind of difference; nothing was entered. Please choose again.",
    ),
    "manifest.report_incomplete": (
        "差异报告缺少这一项，联单不能办结。请补填：发现了什么、告知了谁、怎样处理、报告了哪个部门。",
        "The report of the difference lacks this, so the manifest cannot close. Say what was found, who "
        "was told, "
        "what was decided and which authority has the report.",
    ),
    "certificate.nothing_treated": (
        "批次 %(batch_no)s 还没有任何利用处置记录，不能出具证明：贮存 %(stored_g)s，运输途中 %(moving_g)s。"
        "利用处置单位登记之后再来打印。",
        "Nothing of batch %(batch_no)s has been treated, so there is no certificate: %(stored_g)s stored, "
        "%(moving_g)s on the road. Come back when the plant has entered the treatment.",
    ),
}
