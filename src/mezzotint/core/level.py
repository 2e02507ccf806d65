"""How a network is told the amount of noise: one number an image, made from the rates.

Networks never see a schedule. Which function of the rates they see is part of the configuration,
because an embedding is made for one range: the article's sinusoids expect the variance in [0, 1].
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.core.schedule import Rates, log_snr


@runtime_checkable
class Level(Protocol):
    """Rates (batch,) -> the noise level (batch,) that the network sees."""

    def __call__(self, rates: Rates) -> Array:
        """The noise level of each image."""
        ...


@dataclass(frozen=True)
class Variance:
    """The share of noise, sigma^2 / (alpha^2 + sigma^2), in (0, 1): the article's choice."""

    def __call__(self, rates: Rates) -> Array:
        """sigma^2 for a variance-preserving schedule."""
        return rates.sigma**2 / (rates.alpha**2 + rates.sigma**2)


@dataclass(frozen=True)
class Angle:
    """arctan(sigma / alpha) * 2 / pi, in (0, 1): as even as a cosine schedule's time."""

    def __call__(self, rates: Rates) -> Array:
        """The angle between image and noise in units of a right angle."""
        return jnp.arctan2(rates.sigma, rates.alpha) * (2 / jnp.pi)


@dataclass(frozen=True)
class LogRatio:
    """log(sigma / alpha) / 4, EDM's c_noise: Karras et al., arXiv:2206.00364, table 1."""

    def __call__(self, rates: Rates) -> Array:
        """A quarter of the log noise-to-signal ratio, in nats."""
        return -log_snr(rates) / 8
