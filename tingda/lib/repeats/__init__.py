"""Repeats: whether one text is another carried further, and which texts heard before it repeats."""

from tingda.lib.repeats.index import Repeats
from tingda.lib.repeats.verdict import Verdict, is_repeat

__all__ = ["Repeats", "Verdict", "is_repeat"]
