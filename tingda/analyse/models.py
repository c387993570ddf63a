"""What analysis found in one voice, and what the office told it to look for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tingda.collect.models import Voice
from tingda.lib.intents import SURE
from tingda.people.models import Person


def _lines(text: str) -> list[str]:
    stripped = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in stripped if line))


class Topic(models.Model):
    """主题: something the institution is responsible for. A service, never a belief."""

    code = models.SlugField(unique=True, max_length=64, allow_unicode=True)
    group = models.CharField(_("大类"), max_length=50)
    group_en = models.CharField(_("大类（英文）"), max_length=100, blank=True)
    name = models.CharField(_("名称"), max_length=50)
    name_en = models.CharField(_("名称（英文）"), max_length=100, blank=True)
    description = models.CharField(_("说明"), max_length=300, blank=True)
    keywords = models.TextField(_("关键词"), blank=True)  # a line each
    aliases = models.TextField(_("别的叫法"), blank=True)  # how tables name it, a line each
    active = models.BooleanField(_("在用"), default=True)

    class Meta:
        verbose_name = _("主题")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    def words(self) -> list[str]:
        """The keywords, each once, in their order. A line is one keyword, spaces included."""
        return _lines(self.keywords)

    def names(self) -> list[str]:
        """By what a table may call it."""
        return [self.name, self.code, *_lines(self.aliases)]


class Watch(models.Model):
    """关注: a rule that marks voices, in the language of docs/watches.md."""

    name = models.CharField(_("名称"), max_length=100, unique=True)
    rule = models.TextField(_("规则"))
    owner = models.ForeignKey(Person, models.PROTECT, related_name="watches")
    active = models.BooleanField(_("在用"), default=True)

    class Meta:
        verbose_name = _("关注")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class WatchVersion(models.Model):
    """关注的一版: how the rule of a watch read from then on. Never changed."""

    watch = models.ForeignKey(Watch, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    rule = models.TextField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("关注的一版")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["watch", "number"], name="watch_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.watch_id} v{self.number}"


class WordList(models.Model):
    """名单: words under a name, for the rules of watches: synonyms, and how people write them."""

    name = models.CharField(_("名字"), max_length=50, unique=True)
    words = models.TextField(_("词"))  # a line each: a word, a phrase, or a beginning like elect*
    note = models.CharField(_("说明"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("名单")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    def lines(self) -> list[str]:
        """The words, each once, in their order."""
        return _lines(self.words)


class Intent(models.TextChoices):
    """诉求: what the person wants first of all."""

    ASKS = "asks", _("咨询")
    SEEKS_HELP = "seeks_help", _("求助")
    COMPLAINS = "complains", _("投诉")
    REPORTS = "reports", _("举报")
    SUGGESTS = "suggests", _("建议")
    THANKS = "thanks", _("表扬")
    OTHER = "other", _("其他")


class Urgency(models.IntegerChoices):
    """紧急程度: what is at stake if nobody looks for a day."""

    CAN_WAIT = 0, _("不急")
    GOES_ON = 1, _("应尽快")
    WITHIN_A_DAY = 2, _("当天")
    AT_ONCE = 3, _("马上")


class Reading(models.Model):
    """研读: what was found in one voice, each with its why.

    `topic` is empty where it is not sure; `guess` is then the likeliest. `topic_score` and
    `intent_score` are probabilities. What a person said (`said_by_person`: names of values) is not
    judged anew. `why` holds rows `[field, start, end, what]` for each of topic, intent, urgency,
    danger, places; `second`: [topic id, probability]; `repeat` and `broken` where it is so.
    """

    voice = models.OneToOneField(Voice, models.CASCADE, primary_key=True, related_name="reading")
    topic = models.ForeignKey(Topic, models.SET_NULL, null=True, related_name="+")
    guess = models.ForeignKey(Topic, models.SET_NULL, null=True, related_name="+")
    topic_score = models.FloatField(default=0)
    intent = models.CharField(max_length=10, choices=Intent.choices, blank=True)
    intent_score = models.FloatField(default=0)
    urgency = models.PositiveSmallIntegerField(choices=Urgency.choices, default=0)
    lang = models.CharField(max_length=2, blank=True)
    place = models.CharField(max_length=100, blank=True)
    places = models.JSONField(default=list)
    danger = models.BooleanField(default=False)  # urgency 3 as the machine judged it
    why = models.JSONField(default=dict)
    said_by_person = models.JSONField(default=list)
    digest = models.CharField(max_length=32, db_index=True)
    repeat_of = models.ForeignKey(Voice, models.SET_NULL, null=True, related_name="copies")
    terms = models.TextField(blank=True)
    read_at = models.DateTimeField()
    edits = models.PositiveSmallIntegerField(default=0)  # how many its voice had had by then
    ungathered = models.BooleanField(default=True)  # grouping is owed

    class Meta:
        verbose_name = _("研读")
        indexes = [
            models.Index(
                fields=["voice"], name="reading_ungathered", condition=models.Q(ungathered=True)
            ),
            models.Index(fields=["topic"], name="reading_topic"),
            # what people are asked about, the newest first
            models.Index(
                fields=["-voice"],
                name="reading_unsure",
                condition=models.Q(topic=None, guess__isnull=False, repeat_of=None),
            ),
        ]

    def __str__(self) -> str:
        return f"reading of {self.voice_id}"

    @property
    def intent_is_sure(self) -> bool:
        """Whether it need not be asked of a person."""
        return "intent" in self.said_by_person or self.intent_score >= SURE


class WatchHit(models.Model):
    """关注命中: one voice marked by one watch, by which words, and where they stand."""

    watch = models.ForeignKey(Watch, models.CASCADE, related_name="hits")
    voice = models.ForeignKey(Voice, models.CASCADE, related_name="watch_hits")
    words = models.JSONField(default=list)
    spans = models.JSONField(
        default=list
    )  # [["title"|"text", start, end]…]; of words now unsaid: []

    class Meta:
        verbose_name = _("关注命中")
        constraints = [models.UniqueConstraint(fields=["watch", "voice"], name="hit_once")]

    def __str__(self) -> str:
        return f"{self.watch} {self.voice_id}"


class Quarantine(models.Model):
    """待查: a voice that could not be analysed, with the reason; tried again by and by."""

    class Stage(models.TextChoices):
        READ = "read", _("研读")
        GATHER = "gather", _("归拢")

    voice = models.OneToOneField(Voice, models.CASCADE, primary_key=True, related_name="quarantine")
    at = models.DateTimeField()
    stage = models.CharField(max_length=8, choices=Stage.choices)
    tries = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    next_due = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("待查")
        indexes = [models.Index(fields=["stage", "next_due"], name="quarantine_due")]

    def __str__(self) -> str:
        return f"{self.stage} of {self.voice_id}"


class Label(models.Model):
    """标注: what a person, or a table of the office, said about one value of one reading.

    `value` is a topic's code, an intent, an urgency or a place; `was` what the machine had found.
    """

    class Name(models.TextChoices):
        TOPIC = "topic", _("主题")
        INTENT = "intent", _("诉求")
        URGENCY = "urgency", _("紧急程度")
        PLACE = "place", _("地点")

    voice = models.ForeignKey(Voice, models.CASCADE, related_name="labels")
    name = models.CharField(max_length=8, choices=Name.choices)
    value = models.CharField(max_length=100)
    was = models.CharField(max_length=100, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")  # None: a table
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("标注")
        constraints = [models.UniqueConstraint(fields=["voice", "name"], name="label_once")]
        indexes = [models.Index(fields=["name", "at"], name="label_newest")]

    def __str__(self) -> str:
        return f"{self.voice_id} {self.name}: {self.value}"


class Lesson(models.Model):
    """模型: one version of what was learnt from labels of topics, and how well it sorted.

    `measures`: {"rows": held-out rows, "new": {"f1", "accuracy", "error"}, "old": {…}, "against":
    number of the old model or None for words, "topics": {code: [rows, right by the new, right by
    the old]}, "sure": [[percent, rows, right by the new]…] by how sure the new is, "wrong":
    [[voice, code, code by the new]…]}. Numbers from 0 to 1. Where it failed: {"reason", "params"}.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("可以启用")
        USED = "used", _("正在用")
        REST = "rest", _("没有在用")
        WORSE = "worse", _("不比原来好")
        FAILED = "failed", _("没有学成")

    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices)
    labels = models.PositiveIntegerField()  # learnt from, held out or not
    topics = models.CharField(max_length=32)  # digest of the topics it was made for
    packed = models.BinaryField(default=bytes)
    measures = models.JSONField(default=dict)
    used_at = models.DateTimeField(null=True)  # when it was last switched on

    class Meta:
        verbose_name = _("模型")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], name="lesson_used_once", condition=models.Q(state="used")
            )
        ]

    def __str__(self) -> str:
        return f"lesson {self.pk} {self.state}"


class Sorting(models.Model):
    """分类的规矩: one row. Under `threshold` a topic is not sure, and a person is asked."""

    threshold = models.FloatField(default=0.5)
    intents = models.BinaryField(default=bytes)  # what corrections of intents taught
    intents_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)  # a person wants it learnt now; empty once done

    class Meta:
        verbose_name = _("分类的规矩")

    def __str__(self) -> str:
        return f"threshold {self.threshold}"


class Place(models.Model):
    """地点: a place of the office's own list (gazetteer), with what else people call it."""

    name = models.CharField(_("名称"), max_length=60, unique=True)
    kind = models.CharField(_("类别"), max_length=10)  # one of lib.gazetteer.KINDS
    aliases = models.TextField(_("别名"), blank=True)  # a line each

    class Meta:
        verbose_name = _("地点")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def others(self) -> list[str]:
        """What else it is called."""
        return _lines(self.aliases)


class CueChange(models.Model):
    """判断用词的改动: words that the office added to, or took out of, one of our lists."""

    cue = models.CharField(max_length=60, unique=True)  # the name of the list: danger.fire
    added = models.TextField(blank=True)  # a line each
    removed = models.TextField(blank=True)

    class Meta:
        verbose_name = _("判断用词的改动")

    def __str__(self) -> str:
        return self.cue
