"""The kind “drop”: a folder where files are put, and an address where voices are delivered."""

from collections.abc import Mapping
from typing import Any

from tingda.collect.rules import Look, field_of, parse_map
from tingda.collect.sources.contract import Ask, Kind, Option
from tingda.collect.sources.drop.folder import Folder, drop_folder
from tingda.collect.sources.manners import Manners
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _


def columns_of(options: Mapping[str, Any]) -> dict[str, str]:
    """What the office said of its columns: {column: field}, from lines `列名=项`.

    Refuses a line that cannot be read, and a field that does not exist.
    """
    lines = str(options.get("columns", "")).splitlines()
    given = parse_map([line.strip() for line in lines if line.strip()])
    for field in given.values():
        if field:
            field_of(field)
    return given


def look(ask: Ask, _manners: Manners) -> Look:
    """Say how the folder stands. What is put there is taken by `deliveries.drop_due`, because a
    table is carried in a batch at a time, and what was counted is kept.
    """
    if not ask.address:
        return Look("ok", note=_("投递文件夹正在准备"))
    folder = Folder.at(ask.address)
    folder.require()
    if refused := folder.refused():
        raise Refused(
            _("有 %(n)s 个文件没有收下，在 failed 文件夹里，旁边写着原因。改好再放回来，不要的删"),
            n=refused,
        )
    return Look("ok")


def check(address: str, options: Mapping[str, Any]) -> str:
    """The folder is ours to name; it stands in the address once it is made."""
    columns_of(options)
    if address and not address.startswith(f"{drop_folder()}/"):
        raise Refused(_("投递不用填网址：添加以后，这里会写明文件夹在哪里"))
    return address


KIND = Kind(
    look=look,
    check=check,
    options=(
        Option(
            "columns",
            _("列名对应"),
            _("认不出的列名才要写，每行一个，写成 列名=项，如：诉求=内容"),
            form="lines",
        ),
        Option("platform", _("平台名称"), _("文件里没有写明平台的，就记成这个平台，如：12345热线")),
    ),
    address_label=_("投递文件夹"),
    address_help=_("不用填。添加以后自动建好，放进去的 CSV、XLSX、JSONL 文件会自动收下"),
    on_web=False,
    interval_minutes=60,
    follows_edits=False,
)
