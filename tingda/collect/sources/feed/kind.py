"""The kind “feed”: RSS, Atom, RDF, JSON Feed, sitemaps of news."""

from tingda.collect.sources.contract import Kind
from tingda.collect.sources.feed.discover import recognise
from tingda.collect.sources.feed.fetch import look
from tingda.lib.words import mark as _

KIND = Kind(
    look=look,
    recognise=recognise,
    address_label=_("订阅地址"),
    address_help=_("RSS 或 Atom 的地址，可以从网页上“订阅”的链接复制；新闻站点地图的地址也可以"),
)
