"""Learns the weights of terms. Run by path in a process of its own: arrays in, arrays out.

A process of its own, since the library takes 60 MB and is needed for some seconds a week. It
imports nothing of the package. Multinomial logistic regression (L2, L-BFGS) that starts from what
the topics' own words say (`prior`), over terms scaled by how much they part the topics, after
Wang & Manning 2012, "Baselines and Bigrams".
"""

import io
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COUNTED = 0.1
"""What each term counts in each topic before anything is seen."""

ROUNDS = 80


def log_softmax(scores: Floats) -> Floats:
    top = scores - scores.max(axis=1, keepdims=True)
    result: Floats = top - np.log(np.exp(top).sum(axis=1, keepdims=True))
    return result


def parting(terms: csr_array, right: Floats) -> Floats:
    """How much each term parts one topic from the others; 1 on average."""
    here = terms.T @ right + COUNTED
    elsewhere = here.sum(axis=1, keepdims=True) - here
    ratio = np.log(here / here.sum(axis=0)) - np.log(elsewhere / elsewhere.sum(axis=0))
    scale: Floats = np.abs(ratio).max(axis=1)
    return scale / max(float(scale.mean()), 1e-9)


def fit(terms: csr_array, prior: Floats, topic: Ints, restraint: float) -> tuple[Floats, Floats]:
    """Weights (terms, topics) and a bias for each.

    Topics without a row keep nought, and are not rivals while the others are told apart: else
    every row would teach that they do not occur.
    """
    count, width = terms.shape[1], prior.shape[1]
    seen = np.unique(topic)
    right = (topic[:, None] == seen[None, :]).astype(float)
    start = prior[:, seen]
    scale = parting(terms, right)
    scaled = csr_array(terms.multiply(scale[None, :]))
    turned = csr_array(scaled.T)
    cut = count * len(seen)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights, bias = flat[:cut].reshape(count, len(seen)), flat[cut:]
        logs = log_softmax(scaled @ weights + bias + start)
        error = np.exp(logs) - right
        slope = turned @ error + restraint * weights
        held = restraint * (weights**2).sum() + (bias**2).sum()
        value = -float((right * logs).sum()) + held / 2
        return value, np.concatenate((slope.ravel(), error.sum(axis=0) + bias))

    options = {"maxiter": ROUNDS, "maxcor": 5}
    done = minimize(loss, np.zeros(cut + len(seen)), jac=True, method="L-BFGS-B", options=options)
    weights, bias = np.zeros((count, width)), np.zeros(width)
    weights[:, seen] = done.x[:cut].reshape(count, len(seen)) * scale[:, None]
    bias[seen] = done.x[cut:]
    return weights, bias


def temperature(
    terms: csr_array, prior: Floats, topic: Ints, fold: Ints, restraint: float
) -> float:
    """By what to divide scores so that probabilities are right on rows not learnt from.

    After Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    scores = np.zeros_like(prior)
    for part in np.unique(fold):
        rest = fold != part
        weights, bias = fit(terms[rest], prior[rest], topic[rest], restraint)
        scores[~rest] = terms[~rest] @ weights + bias + prior[~rest]
    rows = np.arange(len(topic))

    def loss(logarithm: float) -> float:
        return -float(log_softmax(scores / np.exp(logarithm))[rows, topic].mean())

    found = minimize_scalar(loss, bounds=(-1.5, 1.5), method="bounded")
    return float(np.exp(found.x))


def answer(asked: dict[str, NDArray[np.generic]]) -> dict[str, Floats]:
    """What `fit_here` asked."""
    prior = np.asarray(asked["prior"], dtype=np.float64)
    topic = np.asarray(asked["topic"], dtype=np.int64)
    shape = (len(topic), int(asked["terms"]))
    at = (asked["row"], asked["column"])
    terms = csr_array((np.asarray(asked["value"], dtype=np.float64), at), shape=shape)
    restraint = float(asked["restraint"])
    heat = temperature(terms, prior, topic, np.asarray(asked["fold"], dtype=np.int64), restraint)
    weights, bias = fit(terms, prior, topic, restraint)
    return {"weights": weights, "bias": bias, "temperature": np.array(heat)}


def main(source: Callable[[], bytes], write: Callable[[bytes], object]) -> None:
    with np.load(io.BytesIO(source()), allow_pickle=False) as asked:
        found = answer(dict(asked))
    sheet = io.BytesIO()
    np.savez(sheet, **found)  # type: ignore[arg-type] # numpy's stub takes names for flags
    write(sheet.getvalue())


if __name__ == "__main__":
    main(sys.stdin.buffer.read, sys.stdout.buffer.write)
