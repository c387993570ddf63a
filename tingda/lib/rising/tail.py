"""The upper tail of the negative binomial, for whole arrays and without scipy.

scipy would cost a long-running worker tens of megabytes for this one function. The tail is an
incomplete beta function, and that a continued fraction (Press et al., "Numerical Recipes", 6.4).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HALF_LOG_TWO_PI = 0.9189385332046727
_SHIFT = 8
_MOST_STEPS = 300
_CLOSE = 1e-9
_TINY = 1e-300
LARGEST_SIZE = 1e5  # beyond this the negative binomial is a Poisson


def log_gamma(x: Floats) -> Floats:
    """The logarithm of the gamma function of positive numbers, by Stirling's series."""
    product = np.ones_like(x)
    for step in range(_SHIFT):
        product = product * (x + step)
    y = x + _SHIFT
    series = 1 / (12 * y) - 1 / (360 * y**3) + 1 / (1260 * y**5)
    whole: Floats = (y - 0.5) * np.log(y) - y + _HALF_LOG_TWO_PI + series
    # beyond this the product overflows, and the series is exact without the shift
    small = x < 1e6
    z = np.where(small, 1e6, x)
    plain = (z - 0.5) * np.log(z) - z + _HALF_LOG_TWO_PI + 1 / (12 * z)
    return np.where(small, whole - np.log(np.where(small, product, 1.0)), plain)


def log_tail(seen: Floats, mean: Floats, size: Floats) -> Floats:
    """The natural logarithm of P(X > seen) + P(X = seen) / 2 (mid-p).

    X is negative binomial with this mean (> 0) and size (variance = mean + mean² / size). For
    `seen` of at least 1 and above the mean, where the fraction converges fast.
    """
    size = np.minimum(size, LARGEST_SIZE)
    x = mean / (mean + size)
    log_pmf = (
        log_gamma(seen + size)
        - log_gamma(seen + 1)
        - log_gamma(size)
        + seen * np.log(x)
        + size * np.log1p(-x)
    )
    result: Floats = log_pmf + np.log(np.maximum(_fraction(seen, size, x) - 0.5, 0.5))
    return np.minimum(result, 0.0)


def _fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c = np.ones_like(x)
    d = 1 / _not_nought(1 - (a + b) * x / (a + 1))
    result = d.copy()
    for step in range(1, _MOST_STEPS):
        double = a + 2 * step
        even = step * (b - step) * x / ((double - 1) * double)
        d = 1 / _not_nought(1 + even * d)
        c = _not_nought(1 + even / c)
        result = result * d * c
        odd = -(a + step) * (a + b + step) * x / (double * (double + 1))
        d = 1 / _not_nought(1 + odd * d)
        c = _not_nought(1 + odd / c)
        change = d * c
        result = result * change
        if bool(np.all(np.abs(change - 1) < _CLOSE)):
            break
    return result


def _not_nought(x: Floats) -> Floats:
    return np.where(np.abs(x) < _TINY, _TINY, x)
