"""What changed between two wordings, clause by clause."""

import re
from difflib import SequenceMatcher
from typing import Literal

Change = tuple[Literal["same", "gone", "new"], str]
_CLAUSE = re.compile(r"[^，。；：！？,;:!?\n]*[，。；：！？,;:!?\n]?")
_MOST_CLAUSES = 2000


def changes(before: str, after: str) -> list[Change]:
    """The two texts as one row of pieces: those that stayed, went, or are new.

    Texts too long to compare piece by piece come back as one that went and one that is new.
    """
    old, new = _clauses(before), _clauses(after)
    if before != after and max(len(old), len(new)) > _MOST_CLAUSES:
        return [("gone", before), ("new", after)]
    pieces: list[Change] = []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(old[a1:a2])))
            continue
        if a2 > a1:
            pieces.append(("gone", "".join(old[a1:a2])))
        if b2 > b1:
            pieces.append(("new", "".join(new[b1:b2])))
    return pieces


def _clauses(text: str) -> list[str]:
    return [clause for clause in _CLAUSE.findall(text) if clause]
