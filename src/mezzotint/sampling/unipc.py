"""UniPC: each evaluation serves twice, to correct the step that led to it and to take the next one.

Zhao et al., arXiv:2302.04867, algorithms 1 to 3, for images, with B(h) = 1 - exp(-h), the second of the
paper's choices. One network evaluation a step.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser, Estimate
from mezzotint.core.schedule import Schedule
from mezzotint.sampling.exponential import advance, log_ratio
from mezzotint.sampling.history import History, empty, newest, older, with_newest


class Before(NamedTuple):
    """What the last steps left.

    Attributes:
        history: their images.
        noise: the last one's, after its correction.
    """

    history: History
    noise: Images


@dataclass(frozen=True)
class UniPc:
    """UniPC-p: predictions of order p, corrected to order p + 1.

    Attributes:
        predictor: p, how many images a prediction uses; a correction uses one more.
    """

    predictor: int = 2

    @property
    def order(self) -> int:
        """One more than the predictor's."""
        return self.predictor + 1

    @property
    def evaluations(self) -> int:
        """1."""
        return 1

    @property
    def deterministic(self) -> bool:
        """True."""
        return True

    def init(self, x: Images) -> Before:
        """No image yet; as many will be remembered as a prediction uses."""
        return Before(empty(self.predictor, x), jnp.zeros_like(x))

    def step(
        self,
        denoise: Denoiser,
        schedule: Schedule,
        x: Images,
        t: Array,
        s: Array,
        memory: Before,
        keys: Keys,
    ) -> tuple[Images, Before]:
        """From x, the uncorrected prediction for time t, to the one for time s."""
        estimate, now = denoise(x, jnp.full(x.shape[:1], t)), schedule(t)
        corrected = _corrected(memory, estimate, schedule, t)
        others = newest(memory.history, self.predictor - 1)
        predicted = advance(corrected, log_ratio(now), others, schedule(s))
        history = newest(with_newest(memory.history, estimate.image, log_ratio(now)), self.predictor)
        return predicted, Before(history, corrected.noise)


def _corrected(before: Before, estimate: Estimate, schedule: Schedule, t: Array) -> Estimate:
    """The estimate's image, with the noise that the corrected x holds beside it."""
    now, history = schedule(t), before.history
    last = Estimate(lax.index_in_dim(history.values, 0, keepdims=False), before.noise)
    others = with_newest(older(history), estimate.image, log_ratio(now))
    x = advance(last, history.places[0], others, now)
    noise = (x - now.alpha * estimate.image) / now.sigma
    return Estimate(estimate.image, jnp.where(history.known > 0, noise, estimate.noise))
