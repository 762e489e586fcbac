"""Phones of crews: their keys, their signed events, and what a person has to decide about them."""

TABLE: dict[str, tuple[str, str]] = {
    "device.algorithm_unknown": (
        "不支持这种签名算法（%(given)s）。请更新手机浏览器后重新登记。",
        "This signature algorithm (%(given)s) is not supported. Update the phone's browser and "
        "register again.",
    ),
    "device.key_malformed": (
        "手机公钥格式不对，应为 %(expected)s 字节。请在手机上重新登记。",
        "The phone's public key is malformed; %(expected)s bytes are expected. Register the phone again.",
    ),
    "device.not_base64": (
        "内容不是有效的 base64 编码。请在手机上重新登记。",
        "The value is not valid base64. Register the phone again.",
    ),
    "device.other_person": (
        "这段签名写的不是当前登录人或这台手机。请用本人账号登录后重新登记。",
        "The signed text names another person or phone. Sign in with your own account and register again.",
    ),
    "device.proof_wrong": (
        "签名核对不上，无法确认密钥在这台手机上。请在手机上重新登记。",
        "The signature does not match, so nothing shows that this phone has the key. Register the "
        "phone again.",
    ),
    "device.id_taken": (
        "这个设备编号已登记了别的密钥或属于别的单位。请在手机上清除数据后重新登记。",
        "This device number is registered with another key or unit. Clear the phone's data and "
        "register again.",
    ),
    "device.key_taken": (
        "这把密钥已登记在另一台手机上，不能共用。请在手机上重新登记，生成新的密钥。",
        "This key is registered on another phone and cannot be shared. Register again to make a new key.",
    ),
    "device.revoked": (
        "这台手机已被停用，本机保存的任务资料将被清除。请联系调度重新登记。",
        "This phone was revoked, and what it stored of the work is being removed. Ask the office to "
        "register again.",
    ),
    "device.too_many": (
        "每人最多同时登记 %(most)s 台手机。请先停用不再使用的手机，再登记这一台。",
        "One person may have %(most)s phones registered at a time. Revoke one that is no longer used first.",
    ),
    "device.unknown": (
        "这台手机没有登记在您的名下。请在手机上登记后再上传。",
        "This phone is not registered for you. Register it first, then send again.",
    ),
    "event.malformed": (
        "手机记录的格式不对。请更新手机上的应用后重新操作。",
        "The phone's record is malformed. Update the app on the phone and record the act again.",
    ),
    "event.field_missing": (
        "手机记录缺少“%(name)s”。请更新手机上的应用后重新操作。",
        "The phone's record lacks “%(name)s”. Update the app on the phone and record the act again.",
    ),
    "event.field_unknown": (
        "手机记录里有不认识的内容“%(name)s”。请更新手机上的应用后重新操作。",
        "The phone's record has an unknown field “%(name)s”. Update the app and record the act again.",
    ),
    "event.field_wrong": (
        "手机记录的“%(name)s”不对，应为：%(expected)s。请更正后重新操作。",
        "“%(name)s” of the phone's record is wrong; expected: %(expected)s. Correct it and record it again.",
    ),
    "event.version_unknown": (
        "手机应用的版本与平台不符（应为 %(expected)s）。请更新手机上的应用。",
        "The phone's app has another version than the platform (%(expected)s). Update the app on the phone.",
    ),
    "event.not_canonical": (
        "手机记录没有按规定写法书写（“%(name)s”）。请更新手机上的应用后重新操作。",
        "The phone's record is not written in the agreed form (“%(name)s”). Update the app and "
        "record it again.",
    ),
    "event.not_json": (
        "手机记录无法识别。请更新手机上的应用后重新操作。",
        "The phone's record cannot be read. Update the app on the phone and record the act again.",
    ),
    "event.text_unreadable": (
        "手机记录含有无法识别的字符。请重新填写后再操作。",
        "The phone's record contains characters that nobody can read. Fill it in again.",
    ),
    "event.text_too_long": (
        "手机记录过长（%(length)s 字节，最多 %(longest)s）。请缩短备注后重新操作。",
        "The phone's record is too long (%(length)s bytes, at most %(longest)s). Shorten the note "
        "and repeat it.",
    ),
    "event.key_twice": (
        "手机记录里“%(name)s”出现了两次。请更新手机上的应用后重新操作。",
        "“%(name)s” stands twice in the phone's record. Update the app and record the act again.",
    ),
    "event.number_not_whole": (
        "手机记录只能使用整数（收到 %(given)s）。请更新手机上的应用后重新操作。",
        "The phone's record may hold whole numbers only (%(given)s found). Update the app and record "
        "it again.",
    ),
    "event.number_too_large": (
        "手机记录里的数字过大（%(given)s）。请核对后重新操作。",
        "A number in the phone's record is too large (%(given)s). Check it and record the act again.",
    ),
    "event.too_deep": (
        "手机记录的层次过多（最多 %(deepest)s 层）。请更新手机上的应用后重新操作。",
        "The phone's record is nested too deeply (at most %(deepest)s). Update the app and record it again.",
    ),
    "event.null_inside": (
        "手机记录的“%(name)s”没有值。请更新手机上的应用后重新操作。",
        "“%(name)s” of the phone's record is empty. Update the app and record the act again.",
    ),
    "event.signature_wrong": (
        "签名核对不上，这条记录不是这台手机签的。请重新登记手机后再操作。",
        "The signature does not match: this phone did not sign the record. Register the phone and "
        "repeat the act.",
    ),
    "event.other_device": (
        "这条记录是另一台手机签的。请在那台手机上上传。",
        "Another phone signed this record. Send it from that phone.",
    ),
    "event.id_reused": (
        "同一记录编号已有不同的内容，以先到的为准；这一份已另存备查。请重新操作。",
        "This record number already has other content; the first counts, and this one is kept as evidence.",
    ),
    "event.sequence_reused": (
        "这台手机的第 %(seq)s 号记录已有不同的内容，以先到的为准；这一份已另存备查。请重新登记手机。",
        "Number %(seq)s of this phone already has other content; the first counts, this one is kept "
        "as evidence. "
        "Register the phone again.",
    ),
    "event.earlier_missing": (
        "第 %(missing)s 号记录还没有收到，请先上传它；后面的记录先在手机上保留。",
        "Number %(missing)s has not arrived. Send it first; the phone keeps the later ones until then.",
    ),
    "event.kind_unknown": (
        "平台不认识这种操作（%(kind)s）。请更新手机上的应用后重新操作。",
        "The platform does not know this kind of act (%(kind)s). Update the app on the phone and repeat it.",
    ),
    "event.person_unknown": (
        "记录人没有登记在这台手机上。请本人登录并登记后重新操作。",
        "The person of this record is not registered on this phone. Sign in, register, and record it again.",
    ),
    "event.person_inactive": (
        "记录人的账号已停用。",
        "The account of the person of this record has been closed.",
    ),
    "event.to_office": ("已保存，交由调度处理。", "Saved; the office will decide. "),
    "event.already_so": (
        "另一台手机已记录了同样的操作，无需再做。",
        "The other phone has already recorded the same act; nothing is left to do.",
    ),
    "event.after_conflict": (
        "在它之前还有一条记录等待决定，决定之后自动继续。",
        "An earlier record waits for a decision; this act follows it by itself.",
    ),
    "event.order_unknown": (
        "两台手机都记录了这个容器的装卸，平台无法判断先后。",
        "Two phones recorded how this container was loaded or taken off; nobody can tell what came first.",
    ),
    "event.chain_broken": (
        "这台手机的记录前后接不上，可能丢过数据。",
        "The records of this phone do not follow each other; some data may have been lost.",
    ),
    "event.records_lost": (
        "手机里已没有第 %(numbers)s 号记录，可能被系统清理。请把当时做了什么告诉调度；后面的记录照常上传。",
        "Record %(numbers)s is no longer on the phone; the system may have cleared it. Tell the office "
        "what was done then. The later records go up as usual.",
    ),
    "event.records_here": (
        "平台已收到这台手机直到第 %(last_seq)s 号的记录，没有缺号。",
        "The platform has this phone's records up to number %(last_seq)s; none of them is missing.",
    ),
    "unsent_file.missing": (
        "还没有选择文件。请选择手机导出的 .json 文件。",
        "No file was chosen. Choose the .json file that the phone saved.",
    ),
    "unsent_file.not_one": (
        "这不是手机导出的未上传记录文件，没有登记任何内容。请向驾驶员索取“导出未上传记录”得到的原文件。",
        "This is not a file of unsent records; nothing was taken in. Ask the driver for the file that "
        "“Save unsent records as a file” made.",
    ),
    "unsent_file.too_many": (
        "文件里的记录超过 %(most)s 条，没有登记任何内容。请检查文件。",
        "The file holds more than %(most)s records; nothing was taken in. Check the file.",
    ),
    "unsent_file.nothing": (
        "文件里没有记录，没有需要登记的内容。",
        "The file holds no records; there is nothing to take in.",
    ),
    "unsent_file.foreign_phone": (
        "文件里的手机（编号 %(device)s）不是本平台登记的手机，没有登记任何内容。"
        "请把文件交给那台手机所属的平台。",
        "The phone of this file (%(device)s) is not registered with this platform; nothing was taken in. "
        "Give the file to the platform that the phone belongs to.",
    ),
    "event.round_changed": (
        "任务已改派、改期或取消，手机上的还是旧任务。",
        "The round was changed, cancelled or given to another crew; the phone still had the old one.",
    ),
    "event.device_revoked": (
        "这台手机已被停用。",
        "This phone has been revoked.",
    ),
    "event.device_expired": (
        "这台手机太久没有联网，密钥已过期。",
        "This phone has been without a network for too long; its key has expired.",
    ),
    "event.server_failed": (
        "平台处理这条记录时出错，记录已完整保存。",
        "The platform failed on this record; it is kept in full.",
    ),
    "conflict.decided": (
        "这项冲突已经处理过了。请刷新页面查看结果。",
        "This conflict has been decided already. Reload the page to see how.",
    ),
    "conflict.choice_unknown": (
        "这项冲突不能这样处理（%(given)s）。请选择页面上列出的处理方式。",
        "This conflict cannot be decided like that (%(given)s). Choose one of the ways on the page.",
    ),
    "conflict.cannot_carry_out": (
        "现在已不能按手机记录执行。请改选其他处理方式。",
        "What the phone recorded can no longer be carried out. Choose another way.",
    ),
    "ledger.device_ahead": (
        "手机 %(device)s 见过 %(seen)s 条的账册，多于现有的 %(size)s 条：数据库可能被换成了旧备份。"
        "请管理员运行 wastehub ledger verify 核对，并与见证方核对。",
        "The phone %(device)s was shown a ledger of %(seen)s entries, more than the %(size)s there "
        "are: the "
        "database may have been replaced by an old backup. Administrators: run wastehub ledger "
        "verify and ask "
        "the witnesses.",
    ),
    "ledger.device_disagrees": (
        "手机 %(device)s 见过的账册（前 %(seen)s 条）与现有的不一致。"
        "请管理员运行 wastehub ledger verify 核对，"
        "并与见证方核对。",
        "What the phone %(device)s was shown of the ledger (the first %(seen)s entries) is not what "
        "it holds now. "
        "Administrators: run wastehub ledger verify and ask the witnesses.",
    ),
}
