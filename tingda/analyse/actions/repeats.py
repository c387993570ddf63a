"""Who repeats whom, when the first to say something says it no longer."""

from collections.abc import Sequence

from tingda.analyse.models import Reading


def pass_on(leaving: Sequence[int]) -> None:
    """Of the voices that repeat one that leaves, the first is from now on the one the others
    repeat. It is counted anew where it belongs.
    """
    rows = Reading.objects.filter(repeat_of__in=leaving).exclude(pk__in=leaving)
    heirs: dict[int, int] = {}
    for voice, original in rows.order_by("voice_id").values_list("voice_id", "repeat_of"):
        if original is not None:
            heirs.setdefault(original, voice)
    if not heirs:
        return
    Reading.objects.filter(pk__in=heirs.values()).update(repeat_of=None, ungathered=True)
    for original, heir in heirs.items():
        rows.filter(repeat_of=original).update(repeat_of=heir)
