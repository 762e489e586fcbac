"""Labels that are dead, rolls printed beforehand, reports of the public, links for the roadside."""

TABLE: dict[str, tuple[str, str]] = {
    "scan.label_replaced": (
        "标签 %(label_code)s 已被更换，不能装车。有效标签是 %(successor)s，请扫描新标签；旧标签应撕下。",
        "Label %(label_code)s was replaced, so the container may not be loaded under it. What counts is "
        "%(successor)s: scan that one, and take the old one off.",
    ),
    "scan.roll_label_free": (
        "预印标签 %(label_code)s（卷号 %(roll_no)s）还没有绑定容器。请先选择它贴在哪个容器上，再扫码装车。",
        "The pre-printed label %(label_code)s (roll %(roll_no)s) is not bound to a container yet. Choose the "
        "container it is stuck on, then scan again.",
    ),
    "scan.roll_label_void": (
        "预印标签 %(label_code)s 属于已收回或挂失的卷 %(roll_no)s，不能使用。请为容器另行打印标签。",
        "The pre-printed label %(label_code)s belongs to roll %(roll_no)s, which was returned or reported "
        "lost, and cannot be used. Print another label for the container.",
    ),
    "label.not_replaceable": (
        "容器 %(label_code)s 正在途中、出库或已办结，现在不能更换标签。请在贮存时更换。",
        "Container %(label_code)s is on the road, leaving or done with, so its label cannot be replaced "
        "now. Replace it where it stands in store.",
    ),
    "label.case_open": (
        "容器 %(label_code)s 还有未处理的称重差异，不能更换标签。请先处理差异。",
        "Container %(label_code)s has an open weighing difference, so its label cannot be replaced. "
        "Settle the difference first.",
    ),
    "roll_code.malformed": (
        "“%(given)s”不是预印标签编号：应为 9 位字母和数字，且校验位相符。请逐位核对，或重新扫码。",
        "“%(given)s” is no number of a pre-printed label: 9 letters and digits with a check character. "
        "Check it letter by letter, or scan again.",
    ),
    "roll.count": (
        "一卷可有 1 至 %(most)s 张标签。请重新填写张数。",
        "A roll has 1 to %(most)s labels. Please enter another number.",
    ),
    "roll.ended_already": (
        "标签卷 %(roll_no)s 已经收回或挂失，不能再次办理。",
        "Roll %(roll_no)s was returned or reported lost already.",
    ),
    "roll.outcome_unknown": (
        "没有“%(given)s”这种办理方式。请选择收回或挂失。",
        "“%(given)s” is no way a roll ends. Choose returned or lost.",
    ),
    "roll.other_firm": (
        "预印标签 %(roll_code)s 属于发给另一单位的卷 %(roll_no)s，不能用于这个容器。请换用本单位的标签。",
        "The pre-printed label %(roll_code)s belongs to roll %(roll_no)s of another firm and cannot be used "
        "here. Take one of this firm's labels.",
    ),
    "roll.label_void": (
        "预印标签 %(roll_code)s 所在的卷 %(roll_no)s 已收回或挂失，标签作废。请换用有效的标签。",
        "Roll %(roll_no)s of the pre-printed label %(roll_code)s was returned or reported lost, so the label "
        "is void. Use a valid one.",
    ),
    "roll.label_bound": (
        "预印标签 %(roll_code)s 已绑定容器 %(label_code)s，一张标签只能用一次。请换用下一张。",
        "The pre-printed label %(roll_code)s is bound to container %(label_code)s already; a label serves "
        "once. Take the next one.",
    ),
    "roll.container_has_label": (
        "容器 %(label_code)s 已有标签，不能再绑定预印标签。如需更换，请使用“更换标签”。",
        "Container %(label_code)s has a label already. To change it, use “Replace label”.",
    ),
    "problem.kind_unknown": (
        "没有选择问题类型，或所选类型无效。请从列表中选择。",
        "No kind of problem was chosen, or it is unknown. Please choose from the list.",
    ),
    "problem.act_not_allowed": (
        "问题现在的状态不能进行这一步，内容没有改变。请刷新页面查看最新状态。",
        "The problem is not in a state for this step, and nothing was changed. Reload the page.",
    ),
    "problem.place_missing": (
        "还不知道容器在哪里。请填写地点，或允许浏览器定位；没有标签的，请选择县（市、区）。",
        "We do not know where it is. Describe the place or let the browser locate it; without a label, also "
        "choose the county.",
    ),
    "problem.unit_unknown": (
        "整改单位不在名录中，或不在本县（市、区）。请从列表中选择。",
        "The unit that is to put it right is not on the list. Please choose from the list.",
    ),
    "problem.due_in_past": (
        "整改期限 %(due_on)s 已过。请选择今天或以后的日期。",
        "The day for putting it right, %(due_on)s, has passed. Choose today or later.",
    ),
    "problem.photo_unknown": (
        "随附的照片还没有上传成功，没有保存。请先上传照片，再提交一次。",
        "Its photo has not arrived, so nothing was saved. Send the photo first and then this again.",
    ),
    "problem.evidence_missing": (
        "这类问题报告整改完成须附整改后的照片。请拍照后再提交。",
        "To report this as put right, add a photo of it. Take one and send again.",
    ),
    "problem.too_many_reports": (
        "现在收到的报告太多，这一份没有保存。情况紧急请拨打 12369 或 119；也可以过几分钟再试。",
        "Too many reports are arriving and this one was not kept. If it is urgent call 12369 or 119; "
        "otherwise try again in a few minutes.",
    ),
    "roadside.not_on_the_road": (
        "车次 %(round_no)s 不在途中，不能出示路检二维码。请出发后再出示。",
        "Round %(round_no)s is not under way, so there is nothing to show at the roadside.",
    ),
    "roadside.lot_not_shipped": (
        "出库批次 %(lot_no)s 还没有发运，车上没有货物可查。请先在批次页点“发运”，再出示路检二维码。",
        "Lot %(lot_no)s has not been shipped, so there is no load to look into. Ship it on its page first.",
    ),
    "roadside.lot_not_on_the_road": (
        "出库批次 %(lot_no)s 不在途中，不能出示路检二维码。需要单证的，请打开它的转移联单。",
        "Lot %(lot_no)s is not on the road: it was received or cancelled. Open its manifest for the papers.",
    ),
    "roadside.not_renewable": (
        "%(number)s 的这个路检二维码已到期或已收回，不能延长。请重新出示一个。",
        "This roadside code of %(number)s has expired or was withdrawn and cannot be renewed. Show another.",
    ),
    "roadside.too_many": (
        "%(number)s 已有 %(most)s 个有效的路检二维码。请先收回不用的，或等待到期。",
        "%(number)s has %(most)s valid roadside codes already. Withdraw one or wait until it expires.",
    ),
    "roadside.forged": (
        "这不是本系统签发的路检链接，或链接不完整。请驾驶员重新出示二维码。",
        "This is no roadside link of this installation, or it is incomplete. Ask the driver to show the code "
        "again.",
    ),
    "roadside.not_of_load": (
        "这张单证不属于这辆车现在所载的货物。请返回随车单证页重新选择。",
        "This paper does not belong to what the vehicle carries now. Go back to the papers of the load.",
    ),
    "roadside.expired": (
        "路检链接已超过 30 分钟，不再打开。请驾驶员重新出示二维码。",
        "This roadside link is older than 30 minutes and does not open any more. Ask for a new one.",
    ),
    "roadside.revoked": (
        "路检链接已由出示方收回。需要查看的，请驾驶员重新出示二维码。",
        "This roadside link was withdrawn by whoever showed it. Ask the driver for a new one if you need it.",
    ),
    "roadside.ended": (
        "这车货物已不在途中，路检链接随之失效。需要单证的，请向承运单位索取转移联单。",
        "This load is not on the road any more, and its roadside link ended with it. Ask the carrier for the "
        "manifest.",
    ),
    "sign.no_zones": (
        "该单位还没有登记贮存分区，不能生成分区标志。请先登记分区。",
        "This unit has no storage zones on record, so there is no zone sign to draw. Enter its zones first.",
    ),
    "sign.size_range": (
        "标志边长须为 %(least)s 至 %(most)s 毫米的整数。请改正标出的尺寸。",
        "A side of a sign is a whole number of %(least)s to %(most)s millimetres. Correct the marked size.",
    ),
    "sign.shape": (
        "宽是高的 %(percent)s%%，这个形状排不下文字和二维码。请让宽为高的 %(least)s%% 至 %(most)s%%。",
        "The width is %(percent)s%% of the height: text and code find no room. Keep it between %(least)s%% "
        "and %(most)s%%.",
    ),
    "sign.colour": (
        "“%(given)s”不是颜色。请按 #rrggbb 填写，例如 #ffff00。",
        "“%(given)s” is not a colour. Write it as #rrggbb, for example #ffff00.",
    ),
    "sign.colour_dark": (
        "底色“%(given)s”太暗，黑色文字看不清。请选浅一些的颜色。",
        "The ground “%(given)s” is too dark for black text. Choose a lighter colour.",
    ),
    "sign.nothing_changed": (
        "没有改动任何尺寸或颜色。请先修改再保存。",
        "No size and no colour was changed. Change something before you save.",
    ),
    "sign.changed_meanwhile": (
        "这一项在您打开页面时是 %(seen)s，在所选的生效日期已定为 %(present)s。请核对后再保存。",
        "This read %(seen)s when you opened the page; on the chosen day it is to be %(present)s. Look again "
        "before you save.",
    ),
    "sign.basis_missing": (
        "页面没有带上打开时的数值，不能判断您改了什么。请重新打开本页再修改。",
        "The page did not say which values it had shown, so what you changed is unknown. Open it anew.",
    ),
    "sign.past": (
        "生效日期 %(given)s 早于今天（%(today)s）。请选今天或以后的日期。",
        "The change would begin on %(given)s, before today (%(today)s). Choose today or a later day.",
    ),
    "sign.size_unknown": (
        "没有“%(given)s”这种标志尺寸。请从列表中选择。",
        "There is no sign size “%(given)s”. Please choose from the list.",
    ),
}
