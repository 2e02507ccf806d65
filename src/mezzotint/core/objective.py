"""The training objective: which times are drawn, what is compared, and how it is weighted.

    loss = mean over the batch of  weight(t) * distance(estimate at t, truth)

An objective is a frozen dataclass whose call gives one loss for each image, from the network's output
and the truth; `TimeDraw` says how the times are drawn. Both are parts of the configuration.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from einops import reduce
from jaxtyping import Array, Float

from mezzotint.arrays import Images, Key, Times
from mezzotint.core.prediction import Estimate, Prediction, target
from mezzotint.core.schedule import Schedule, log_snr, mix


@runtime_checkable
class TimeDraw(Protocol):
    """How training times are drawn."""

    def __call__(self, key: Key, schedule: Schedule, count: int) -> Times:
        """`count` times in [0, 1]."""
        ...


@dataclass(frozen=True)
class UniformTimes:
    """t uniform in [0, 1].

    Attributes:
        stratified: one draw in each of `count` equal parts of [0, 1], which lowers the variance of
            the loss; Kingma et al., arXiv:2107.00630, appendix I.1, up to the common offset.
    """

    stratified: bool = False

    def __call__(self, key: Key, schedule: Schedule, count: int) -> Times:
        """`count` times in [0, 1]."""
        draws = jax.random.uniform(key, (count,))
        return (jnp.arange(count) + draws) / count if self.stratified else draws


@dataclass(frozen=True)
class LogNormalTimes:
    """log(sigma / alpha) normal: Karras et al., arXiv:2206.00364, table 1.

    Attributes:
        mean: of log(sigma / alpha), in nats.
        std: its standard deviation.
    """

    mean: float = -1.2
    std: float = 1.2

    def __call__(self, key: Key, schedule: Schedule, count: int) -> Times:
        """`count` times, clipped to [0, 1]."""
        log_ratio = self.mean + self.std * jax.random.normal(key, (count,))
        return jnp.clip(schedule.time(-2 * log_ratio), 0, 1)


@runtime_checkable
class Weighting(Protocol):
    """The weight of the image estimate's squared error, (batch,), at times (batch,)."""

    def __call__(self, schedule: Schedule, t: Times) -> Array:
        """The weight at each time, above 0."""
        ...


@dataclass(frozen=True)
class MinSnr:
    """min(SNR, gamma): Hang et al., arXiv:2303.09556, section 3.4.

    Attributes:
        gamma: where the weight stops growing; 5 in the paper.
    """

    gamma: float = 5.0

    def __call__(self, schedule: Schedule, t: Times) -> Array:
        """The clipped signal-to-noise ratio."""
        return jnp.minimum(jnp.exp(log_snr(schedule(t))), self.gamma)


@dataclass(frozen=True)
class Edm:
    """1 / c_out^2 = (s^2 + sigma_data^2) / (s sigma_data)^2, s = sigma / alpha.

    Karras et al., arXiv:2206.00364, table 1: with it the preconditioned output has weight 1.

    Attributes:
        sigma_data: standard deviation of the normalised images.
    """

    sigma_data: float = 1.0

    def __call__(self, schedule: Schedule, t: Times) -> Array:
        """The inverse square of c_out."""
        return jnp.exp(log_snr(schedule(t))) + 1 / self.sigma_data**2


class Truth(NamedTuple):
    """A training example: the noisy images and what they were made of."""

    x: Images
    t: Times
    image: Images
    noise: Images


def distance(a: Images, b: Images, norm: Literal["l1", "l2"]) -> Float[Array, " batch"]:
    """The mean absolute (l1) or squared (l2) error of each image."""
    error = jnp.abs(a - b) if norm == "l1" else jnp.square(a - b)
    return reduce(error, "b h w c -> b", "mean")


@runtime_checkable
class Objective(Protocol):
    """One loss for each image."""

    def __call__(
        self, schedule: Schedule, prediction: Prediction, truth: Truth, estimate: Estimate
    ) -> Float[Array, " batch"]:
        """The losses (batch,) of estimates made from `truth.x` at `truth.t`."""
        ...


@dataclass(frozen=True)
class NoiseAndImage:
    """The article's loss: mean absolute error of the noise plus that of the image estimate."""

    def __call__(
        self, schedule: Schedule, prediction: Prediction, truth: Truth, estimate: Estimate
    ) -> Float[Array, " batch"]:
        """|noise error| + |image error|, each a mean over the image."""
        noise_loss = distance(estimate.noise, truth.noise, "l1")
        return noise_loss + distance(estimate.image, truth.image, "l1")


@dataclass(frozen=True)
class Plain:
    """The error of a target: the network's own by default, so that the weight is 1 in its terms.

    Attributes:
        norm: `l1` for the mean absolute error, `l2` for the mean squared.
        prediction: the one whose target is compared; None for the network's own.
    """

    norm: Literal["l1", "l2"] = "l2"
    prediction: Prediction | None = None

    def __call__(
        self, schedule: Schedule, prediction: Prediction, truth: Truth, estimate: Estimate
    ) -> Float[Array, " batch"]:
        """The distance between the predicted and the true target."""
        pair = (self.prediction or prediction).pair(schedule, truth.t)
        return distance(target(pair, *estimate), target(pair, truth.image, truth.noise), self.norm)


@dataclass(frozen=True)
class Weighted:
    """A weighting times the squared error of the image estimate.

    Attributes:
        weighting: the weight at each time: `MinSnr` or `Edm`.
    """

    weighting: Weighting = MinSnr()

    def __call__(
        self, schedule: Schedule, prediction: Prediction, truth: Truth, estimate: Estimate
    ) -> Float[Array, " batch"]:
        """weight(t) * |image error|^2, a mean over the image."""
        weight = self.weighting(schedule, truth.t)
        return weight * distance(estimate.image, truth.image, "l2")


def noised(schedule: Schedule, t: Times, image: Images, noise: Images) -> Truth:
    """The training example x = alpha(t) * image + sigma(t) * noise."""
    return Truth(mix(schedule(t), image, noise), t, image, noise)
