"""Why a CAP message is not taken, in words that never repeat what was sent."""

from gridwhistle.common.problems import Invalid


class XmlUnreadable(Invalid):
    """The bytes are no XML."""

    code, kept = "xml_unreadable", False
    zh, en = "内容不是格式完整的 XML(第 {line} 行)。", "The content is not well-formed XML (line {line})."


class XmlNotUtf8(Invalid):
    """The text is in another encoding than UTF-8."""

    code, kept = "xml_not_utf8", False
    zh, en = "XML 须为 UTF-8 编码,声明的编码也须一致。", "The XML must be in UTF-8, and say so if it says anything."


class XmlUnsafe(Invalid):
    """It declares a document type, and with it entities or files elsewhere: nothing of the kind is resolved."""

    code, kept = "xml_unsafe", False
    zh = "XML 不得含 DOCTYPE、实体定义或外部引用;请直接写出内容。"
    en = "The XML may have no DOCTYPE, entities or references to elsewhere; write what you mean in full."


class XmlTooDeep(Invalid):
    """Elements stand within elements further than any alert needs."""

    code, kept = "xml_too_deep", False
    zh, en = "XML 嵌套过深或元素过多。", "The XML nests too deeply or has too many elements."


class NotCap(Invalid):
    """It is XML, and no alert by CAP 1.2."""

    code, kept = "not_cap", False
    zh = "内容不符合 CAP 1.2:{at}(第 {line} 行){why}。"
    en = "This is not CAP 1.2: {at} (line {line}) {why}."


class NotThisCap(Invalid):
    """It is another document, or an alert of another version."""

    code, kept = "not_cap_1_2", False
    zh = "根元素须为 CAP 1.2 的 alert;其他版本、订阅列表或 EDXL 封装请先取出其中的 alert。"
    en = "The root must be an alert by CAP 1.2; from a feed, an envelope or another version, send the alert itself."


class ReferencesUnclear(Invalid):
    """An update, a cancellation or an answer says which messages it follows."""

    code, kept = "references_unclear", False
    zh, en = (
        "更新或解除须在 references 中写明所针对的消息:发布单位,标识,发布时间。",
        "An update or a cancellation says in references what it follows: sender,identifier,sent.",
    )
