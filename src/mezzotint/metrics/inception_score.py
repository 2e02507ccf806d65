"""The Inception Score: how sure a classifier is of each picture, and how many classes there are.

Salimans et al., arXiv:1606.03498, section 4. It knows no real pictures: copies of a few of each class score
best. It belongs to its classifier, and is comparable only at the same count and the same number of parts.
"""

import itertools

import numpy as np
from jaxtyping import Float
from scipy.special import log_softmax, logsumexp

from mezzotint.errors import UserError


def inception_scores(
    logits: Float[np.ndarray, "count classes"], parts: int = 10, seed: int = 2020
) -> Float[np.ndarray, " parts"]:
    """The score of each of `parts` of the pictures; their mean and deviation are what is published.

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
    return np.array([score(logits[order[start:end]]) for start, end in itertools.pairwise(bounds)])


def score(logits: Float[np.ndarray, "count classes"]) -> float:
    """exp(E_x KL(p(y|x) || p(y))): Salimans et al., arXiv:1606.03498, section 4; from 1 to `classes`."""
    given = log_softmax(np.asarray(logits, np.float64), axis=1)
    overall = logsumexp(given, axis=0) - np.log(len(given))
    return float(np.exp(np.sum(np.exp(given) * (given - overall), axis=1).mean()))
