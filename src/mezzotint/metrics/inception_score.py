"""The Inception Score: how sure a classifier is of each picture, and how many classes there are.

Salimans et al., arXiv:1606.03498, section 4. It knows no real pictures: copies of a few of each class score
best. It belongs to its classifier, and is comparable only at the same count and the same number of parts.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import log_softmax, logsumexp

from mezzotint.errors import UserError


class Score(NamedTuple):
    """Mean and standard deviation over parts of the pictures, each with a score of its own."""

    mean: float
    deviation: float


def inception_score(logits: Float[np.ndarray, "count classes"], parts: int = 10, seed: int = 2020) -> Score:
    """The score as torch-fidelity gives it: of `parts` of the pictures, after a shuffle.

    The shuffle is torch-fidelity's, by NumPy's frozen `RandomState`. The score of a part grows with its
    count.

    Raises:
        UserError: there are fewer pictures than parts.
    """
    count = len(logits)
    if count < parts:
        raise UserError(f"an Inception Score of {parts} parts needs as many pictures, and there are {count}")
    order = np.random.RandomState(seed).permutation(count)
    bounds = [part * count // parts for part in range(parts + 1)]
    found = [score(logits[order[start:end]]) for start, end in zip(bounds, bounds[1:], strict=False)]
    return Score(float(np.mean(found)), float(np.std(found)))


def score(logits: Float[np.ndarray, "count classes"]) -> float:
    """exp(E_x KL(p(y|x) || p(y))): Salimans et al., arXiv:1606.03498, section 4; from 1 to `classes`."""
    given = log_softmax(np.asarray(logits, np.float64), axis=1)
    overall = logsumexp(given, axis=0) - np.log(len(given))
    return float(np.exp(np.sum(np.exp(given) * (given - overall), axis=1).mean()))
