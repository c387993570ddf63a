"""The process that learns, as seen by the one that wants a model."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tingda.lib.topics.terms import Floats, Ints, Sparse

# By path, and isolated: the child starts without the package.
_COMMAND = (sys.executable, "-I", str(Path(__file__).with_name("fit_child.py")))
PATIENCE_SECONDS = 1800.0


class TrainingFailed(Exception):
    """Nothing was learnt; the text says why, for the log."""


class Learnt(NamedTuple):
    """Weights (terms, topics), a bias for each topic, and by what to divide scores."""

    weights: NDArray[np.float32]
    bias: Floats
    temperature: float


class Lesson(NamedTuple):
    """What to learn from: terms and prior scores of the rows, their topics, parts to hold out."""

    terms: Sparse
    width: int
    prior: Floats
    topic: Ints
    fold: Ints
    restraint: float


def learn(lesson: Lesson, *, patience: float = PATIENCE_SECONDS) -> Learnt:
    """Ask a process of its own, with one thread. Raises TrainingFailed."""
    sheet = io.BytesIO()
    np.savez(
        sheet,
        row=lesson.terms.text,
        column=lesson.terms.term,
        value=lesson.terms.value,
        terms=np.array(lesson.width),
        prior=lesson.prior,
        topic=lesson.topic,
        fold=lesson.fold,
        restraint=np.array(lesson.restraint),
    )
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own file
            _COMMAND,
            input=sheet.getvalue(),
            capture_output=True,
            timeout=patience,
            env=os.environ | one_thread,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TrainingFailed(str(error)) from error
    if done.returncode:
        raise TrainingFailed(done.stderr.decode("utf-8", "replace")[-2000:])
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as found:
        weights = found["weights"].astype(np.float32)
        return Learnt(weights, found["bias"], float(found["temperature"]))
