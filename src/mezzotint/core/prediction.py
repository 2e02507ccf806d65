"""What a network predicts: every prediction is one linear pair.

The network's output is `a * image + b * noise`. Solved together with `x = alpha * image + sigma * noise`
the pair gives both estimates in two lines, so there is no table of converters. A prediction is a frozen
dataclass that states its pair (a, b), the scale of the network's input, and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Images, Times
from mezzotint.core.schedule import Rates, Schedule, derivative, mix, per_image


class Estimate(NamedTuple):
    """The two unknowns of `x = alpha * image + sigma * noise`, both shaped like x."""

    image: Images
    noise: Images


Denoiser = Callable[[Images, Times], Estimate]
Network = Callable[[Images, Times], Images]


@runtime_checkable
class Prediction(Protocol):
    """What the objective and the denoiser ask of a prediction."""

    def pair(self, schedule: Schedule, t: Times) -> tuple[Array, Array]:
        """(a, b) of `output = a * image + b * noise`, each (batch,)."""
        ...

    def input_scale(self, schedule: Schedule, t: Times) -> Array:
        """The factor (batch,) on x before the network sees it."""
        ...


@dataclass(frozen=True)
class Noise:
    """The noise itself: Ho et al., arXiv:2006.11239, eq. 14."""

    def pair(self, schedule: Schedule, t: Times) -> tuple[Array, Array]:
        """(0, 1)."""
        return jnp.zeros_like(t), jnp.ones_like(t)

    def input_scale(self, schedule: Schedule, t: Times) -> Array:
        """1: the network sees x as it is."""
        return jnp.ones_like(t)


@dataclass(frozen=True)
class Image:
    """The clean image."""

    def pair(self, schedule: Schedule, t: Times) -> tuple[Array, Array]:
        """(1, 0)."""
        return jnp.ones_like(t), jnp.zeros_like(t)

    def input_scale(self, schedule: Schedule, t: Times) -> Array:
        """1: the network sees x as it is."""
        return jnp.ones_like(t)


@dataclass(frozen=True)
class Velocity:
    """alpha * noise - sigma * image: Salimans & Ho, arXiv:2202.00512, appendix D."""

    def pair(self, schedule: Schedule, t: Times) -> tuple[Array, Array]:
        """(-sigma, alpha)."""
        alpha, sigma = schedule(t)
        return -sigma, alpha

    def input_scale(self, schedule: Schedule, t: Times) -> Array:
        """1: the network sees x as it is."""
        return jnp.ones_like(t)


@dataclass(frozen=True)
class Flow:
    """dx/dt at fixed image and noise: Lipman et al., arXiv:2210.02747, eq. 14."""

    def pair(self, schedule: Schedule, t: Times) -> tuple[Array, Array]:
        """(d alpha / dt, d sigma / dt)."""
        rates = derivative(schedule, t)
        return rates.alpha, rates.sigma

    def input_scale(self, schedule: Schedule, t: Times) -> Array:
        """1: the network sees x as it is."""
        return jnp.ones_like(t)


@dataclass(frozen=True)
class Preconditioned:
    """EDM's preconditioning, for any schedule: input, target and skip of unit variance.

    Karras et al., arXiv:2206.00364, table 1, with its sigma read as the ratio s = sigma / alpha:
    image = c_skip * x / alpha + c_out * output, solved for the output.

    Attributes:
        sigma_data: standard deviation of the normalised images.
    """

    sigma_data: float = 1.0

    def pair(self, schedule: Schedule, t: Times) -> tuple[Array, Array]:
        """(s / sigma_data, -sigma_data) / sqrt(s^2 + sigma_data^2)."""
        alpha, sigma = schedule(t)
        ratio = sigma / alpha
        norm = jnp.hypot(ratio, self.sigma_data)
        return ratio / (self.sigma_data * norm), -self.sigma_data / norm

    def input_scale(self, schedule: Schedule, t: Times) -> Array:
        """c_in = 1 / sqrt(sigma^2 + alpha^2 sigma_data^2)."""
        alpha, sigma = schedule(t)
        return 1 / jnp.hypot(sigma, alpha * self.sigma_data)


def target(pair: tuple[Array, Array], image: Images, noise: Images) -> Images:
    """What the network should put out: a * image + b * noise."""
    return mix(Rates(*pair), image, noise)


def estimate(pair: tuple[Array, Array], rates: Rates, x: Images, output: Images) -> Estimate:
    """Solves output = a * image + b * noise and x = alpha * image + sigma * noise."""
    a, b = (per_image(value) for value in pair)
    alpha, sigma = (per_image(value) for value in rates)
    determinant = a * sigma - b * alpha
    image = (sigma * output - b * x) / determinant
    noise = (a * x - alpha * output) / determinant
    return Estimate(image, noise)


def with_image(rates: Rates, x: Images, image: Images) -> Estimate:
    """The estimate of this image: its noise is what is left of x, (x - alpha image) / sigma."""
    alpha, sigma = (per_image(value) for value in rates)
    return Estimate(image, (x - alpha * image) / sigma)


def denoiser(network: Network, schedule: Schedule, prediction: Prediction) -> Denoiser:
    """A network with its weights bound, (scaled x, t) -> output, as a function (x, t) -> Estimate."""

    def denoise(x: Images, t: Times) -> Estimate:
        output = network(per_image(prediction.input_scale(schedule, t)) * x, t)
        return estimate(prediction.pair(schedule, t), schedule(t), x, output)

    return denoise
