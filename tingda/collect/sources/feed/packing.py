"""Files that are packed where they lie (sitemap.xml.gz), whatever the server says of them."""

import zlib

from tingda.lib.http_answers import unpacked
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

LARGEST = 15 * 1024 * 1024


def unpacked_body(body: bytes) -> bytes:
    """The file itself. Refused where it is broken, or larger than 15 MiB when unpacked."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    whole = bytearray()
    try:
        for piece in unpacked([body]):
            whole += piece
            if len(whole) > LARGEST:
                raise Refused(
                    _("这个压缩文件解开后超过 %(megabytes)s MB，没有读取"),
                    megabytes=LARGEST // 2**20,
                )
    except zlib.error as error:
        raise Refused(_("这个压缩文件坏了，解不开。请告诉对方，或换一个地址")) from error
    return bytes(whole)
