"""Lines that stand in an article's place on a page and are not the article.

Only the short ones are judged by their first words: "举报" alone is a button, a paragraph that
begins with it is what somebody has to say.
"""

import re

LONGEST = 260  # characters of a line that may be furniture
SHORT = 26
BUTTON = 14

_LABELLED = re.compile(
    r"""^[\W_]*(?:
    责任?编辑|责编|本文编辑|(?:编辑|审核|校对|排版|一审|二审|三审|初审|终审|监制)\s*[:：]|
    (?:快讯)?原标题|原题为|原文(?:链接|标题)|(?:本文|文章|信息|稿件|新闻|图片)来源\s*[:：]|
    (?:免责|特别|版权|郑重)声明\s*[:：]|版权(?:所有|归)|未经(?:授权|许可|允许|本)|转载请|
    声明[:：].*(?:不代表|版权|转载|投资建议|仅供参考|侵权)|本文(?:不|仅)?代表.{0,6}(?:作者|个人)|
    [(（]?本文(?:来自|系|为|由).{0,30}(?:转载|原创|授权|下载|APP|发布)|
    相关(?:阅读|新闻|推荐|文章|资讯|链接|报道|专题|附件)|延伸阅读|推荐阅读|此前报道|更多(?:精彩|猛料|新闻|资讯)|
    (?:您|你)?(?:所在|当前)的?位置|(?:文章)?关键[词字]|标签\s*[:：]|发布(?:时间|日期|人|者|机构)\s*[:：]|
    (?:浏览|阅读|点击|访问)(?:次数|量|数)|字号|字体|扫(?:一扫|码|描).{0,30}(?:关注|下载|二维码)|
    长按.{0,12}二维码|.{0,30}(?:扫码|扫描.{0,10}二维码|点击下载|关注.{0,20}公众号)|欢迎关注|
    (?:related|recommended|see\s+more|see\s+also|read\s+more|more|also|read|watch|source|via|
       filed\s+under|tags?|topics?|categor(?:y|ies)|posted\s+in)\s*:|
    read\s+(?:more|next|also)\b|also\s+read\b|click\s+here\s+to\s+(?:subscribe|sign)|
    (?:please\s+)?(?:sign\s+up|subscribe)\b.{0,60}(?:newsletter|inbox|e-?mail|alerts?|today)|
    follow\s+(?:us|me|him|her|them)\b|follow\b.{0,70}\bon\s+(?:facebook|twitter|instagram)|
    like\s+us\s+on|copyright\s|©|listen\s+to\s.{0,60}\blive\b|story\s+continues|
    (?:contact|e-?mail|write\s+to|reach)\s+(?:the\s+)?(?:reporters?|authors?|writers?|\w+(?:\s\w+)?)
       \s+(?:at|on|via)\s.{0,40}(?:@|twitter)|
    this\s+(?:copy|material)\s+(?:is\s+for|may\s+not)|if\s+you\s+(?:buy|purchase)\s+something|
    .{0,70}\bmay\s+(?:get|earn|receive)\s+(?:a\s+|an\s+)?(?:share|commission|affiliate)|
    media\s+playback\s+is|image\s+(?:copyright|caption)|media\s+caption|
    (?:file\s+)?(?:photo|image|picture|credit)s?(?:\s+(?:by|credit))?\s*:
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_ENDING = re.compile(
    r"all\s+rights\s+reserved\.?$|(?:责任编辑|责编|编辑)\s*[:：].{0,20}$|"
    r"[(\[](?:images?|photos?|pictures?|credits?)(?:\s+credits?)?\s*:[^)\]]*[)\]]$",
    re.IGNORECASE,
)
_SMALL = re.compile(
    r"""^[\W_]*(?:
    (?:来源|稿源|作者|记者|供稿|摄影)\s*[:：]|\d{4}[-年./]\d{1,2}[-月./]\d{1,2}日?[\s\d:：]*(?:来源.*|$)|
    (?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?\s\d{1,2},?\s\d{4}\b.{0,20}$|
    点击.{0,10}(?:查看|阅读|关注|下载)|阅读原文|喜欢此内容|微信扫|返回(?:首页|列表|顶部)|
    首页\s*[>》›]|(?:posted|published|updated|last\s+(?:updated|modified)|最后更新)\b|
    (?:leave|post|add)\s+a\s+(?:comment|reply)|share\s+(?:this|on|via)|tweet\s+this|
    print\s+(?:this\s+)?article|order\s+reprints|enter\s+your\s+e-?mail|advertisement
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_BUTTON = re.compile(
    r"""^[\W_\d]*(?:
    打印|关闭(?:窗口)?|收藏|举报|分享(?:到|至|给)?.{0,6}|评论|跟帖|点赞|在看|赞|踩|回复|转发|复制链接|
    我要(?:跟帖|评论|留言)|(?:网友|发表|全部|最新|热门)评论|上一[篇页].*|下一[篇页].*|下载(?:客户端|APP)|
    app专享|收起|展开(?:全文)?|关注|登录|注册|纠错|comments?|reply|share|print|email|tweet|save|
    voltar|menu|home|back|next|previous|close
    )[\W_\d]*$""",
    re.VERBOSE | re.IGNORECASE,
)
_AFTERWORD = re.compile(
    r"""^[\W_]*(?:
    相关(?:阅读|新闻|推荐|文章|资讯|链接|报道|帖子)|延伸阅读|推荐阅读|热门(?:推荐|文章|评论|新闻|帖子)|猜你喜欢|
    [为给][你您]推荐|大家都(?:爱|在)看|精彩推荐|(?:网友|最新|全部|发表)评论(?:[(（]\d*[)）])?|
    您可能(?:也|还)?(?:喜欢|感兴趣)|
    related(?:\s+(?:stor(?:y|ies)|articles?|posts?|content|links?|topics?|news))?|
    you\s+(?:may|might)\s+(?:also\s+)?(?:like|enjoy|be\s+interested\s+in)|more\s+(?:from|stories|on)\b.*|
    most\s+(?:read|popular|viewed)\b.*|(?:recommended|trending|popular)(?:\s+(?:for\s+you|now|stories|posts))?|
    (?:post|leave)\s+a\s+(?:comment|reply)|\d*\s*comments?|
    voc[eê]\s+(?:tamb[eé]m\s+)?pode\s+gostar|leia\s+(?:tamb[eé]m|mais)|ver\s+tamb[ié]n|
    te\s+puede\s+interesar|das\s+k[oö]nnte\s+sie.*|lire\s+aussi
    )[\W_]*$""",
    re.VERBOSE | re.IGNORECASE,
)


def is_furniture(line: str) -> bool:
    """Whether a line is a label, a button, a notice of rights or a pointer to something else."""
    if len(line) > LONGEST:
        return False
    if len(line) <= BUTTON and _BUTTON.match(line):
        return True
    if len(line) <= SHORT * 2 and _SMALL.match(line):
        return True
    return bool(_LABELLED.match(line) or _ENDING.search(line))


def begins_afterword(line: str) -> bool:
    """Whether a line heads a list of other pages, or the comments."""
    return len(line) <= SHORT * 2 and bool(_AFTERWORD.match(line))
