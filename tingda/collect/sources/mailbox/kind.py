"""The kind “mailbox”: letters to the office, over IMAP, read and left as they are."""

from tingda.collect.sources.contract import Kind, Option
from tingda.collect.sources.mailbox.look import look
from tingda.collect.sources.mailbox.place import check, recognise
from tingda.lib.words import mark as _

KIND = Kind(
    look=look,
    recognise=recognise,
    check=check,
    options=(
        Option("user", _("用户名"), help=_("一般是完整的邮箱地址，例如 sr@example.cn")),
        Option("folder", _("文件夹"), help=_("不填就是收件箱"), default=""),
        Option(
            "security",
            _("连接方式"),
            form="choice",
            choices=(
                ("auto", _("按端口（993 直接加密，143 先连后加密）")),
                ("tls", _("直接加密（TLS）")),
                ("starttls", _("先连后加密（STARTTLS）")),
                ("plain", _("不加密（只限管理员允许的内部主机）")),
            ),
            default="auto",
        ),
        Option(
            "signin",
            _("登录方式"),
            form="choice",
            choices=(("password", _("密码或授权码")), ("oauth", _("OAuth 令牌（XOAUTH2）"))),
            default="password",
        ),
        Option(
            "days",
            _("第一次看最近几天的信"),
            form="number",
            default="30",
        ),
        Option("newsletters", _("群发邮件也收"), form="flag"),
    ),
    address_label=_("邮箱服务器"),
    address_help=_("例如 imap.example.cn，或 imaps://sr@example.cn@imap.example.cn:993/INBOX"),
    secret=_("密码或授权码"),
    secret_help=_(
        "很多邮箱要在网页设置里另开“授权码”。用 OAuth 时填访问令牌，"
        "或一段 JSON：client_id、client_secret、refresh_token、token_address"
    ),
    on_web=False,
    interval_minutes=10,
    follows_edits=False,
    from_reporters=True,
)
