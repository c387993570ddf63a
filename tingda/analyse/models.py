"""What analysis found in one voice, and what the office told it to look for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tingda.collect.models import Voice
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
    active = models.BooleanField(_("在用"), default=True)

    class Meta:
        verbose_name = _("主题")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    def words(self) -> list[str]:
        """The keywords, each once, in their order. A line is one keyword, spaces included."""
        return _lines(self.keywords)


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


class Reading(models.Model):
    """研读: what was found in one voice, each with its why."""

    voice = models.OneToOneField(Voice, models.CASCADE, primary_key=True, related_name="reading")
    topic = models.ForeignKey(Topic, models.SET_NULL, null=True, related_name="+")
    topic_score = models.FloatField(default=0)
    place = models.CharField(max_length=100, blank=True)
    places = models.JSONField(default=list)
    danger = models.BooleanField(default=False)
    why = models.JSONField(default=dict)  # {"topic": [[start, end, "title"|"text"]…], …}
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
        ]

    def __str__(self) -> str:
        return f"reading of {self.voice_id}"


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
