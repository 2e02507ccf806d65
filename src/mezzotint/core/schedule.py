"""Noise schedules: how much image and how much noise there is at each time.

A noisy image is `x = alpha * image + sigma * noise` for t in [0, 1]; t = 0 is clean, t = 1 is noise.
Both rates are above 0 on the whole interval and `log_snr = 2 log(alpha / sigma)` falls strictly, so
a time and its log_snr name each other. A schedule is a frozen dataclass: calling it gives the rates
at t, and `time` is the inverse through log_snr. All take and give arrays of one shape.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from einops import rearrange
from jaxtyping import Array, ArrayLike, Float


class Rates(NamedTuple):
    """The two factors of `x = alpha * image + sigma * noise`, both above 0."""

    alpha: Float[Array, "..."]
    sigma: Float[Array, "..."]


@runtime_checkable
class Schedule(Protocol):
    """What the samplers and the objective ask of a schedule."""

    def __call__(self, t: ArrayLike) -> Rates:
        """The rates at times t in [0, 1]."""
        ...

    def time(self, log_snr: ArrayLike) -> Array:
        """The times at which the schedule has these log-SNRs."""
        ...


def log_snr(rates: Rates) -> Array:
    """Log signal-to-noise ratio, 2 log(alpha / sigma), in nats."""
    return 2 * (jnp.log(rates.alpha) - jnp.log(rates.sigma))


def derivative(schedule: Schedule, t: ArrayLike) -> Rates:
    """D alpha / dt and d sigma / dt, by forward-mode differentiation."""
    t = jnp.asarray(t)
    _, tangent = jax.jvp(schedule, (t,), (jnp.ones_like(t),))
    return tangent


def per_image(values: Array) -> Array:
    """(batch,) -> (batch, 1, 1, 1), to multiply images."""
    return rearrange(values, "b -> b 1 1 1")


def mix(rates: Rates, image: Array, noise: Array) -> Array:
    """`x = alpha * image + sigma * noise`; rates (batch,), arrays (batch, height, width, channels)."""
    return per_image(rates.alpha) * image + per_image(rates.sigma) * noise


@dataclass(frozen=True)
class Cosine:
    """The angle runs linearly in t: alpha = cos, sigma = sin; variance-preserving.

    The schedule of the Keras DDIM example, after Nichol & Dhariwal, arXiv:2102.09672, eq. 17.

    Attributes:
        max_signal: alpha at t = 0.
        min_signal: alpha at t = 1.
    """

    max_signal: float = 0.95
    min_signal: float = 0.02

    def _ends(self) -> tuple[Array, Array]:
        with jax.ensure_compile_time_eval():  # numbers, for programs that go where there is no arccos
            return jnp.arccos(self.max_signal), jnp.arccos(self.min_signal)

    def __call__(self, t: ArrayLike) -> Rates:
        """The rates at times t in [0, 1]."""
        start, end = self._ends()
        angle = start + jnp.asarray(t) * (end - start)
        return Rates(jnp.cos(angle), jnp.sin(angle))

    def time(self, log_snr: ArrayLike) -> Array:
        """The times at which the schedule has these log-SNRs."""
        start, end = self._ends()
        return (jnp.arctan(jnp.exp(-jnp.asarray(log_snr) / 2)) - start) / (end - start)


@dataclass(frozen=True)
class Linear:
    """DDPM's linear betas in continuous time; variance-preserving.

    log alpha = -u^2 (b1 - b0) / 4 - u b0 / 2 with u running from `epsilon` to 1: Song et al.,
    arXiv:2011.13456, eq. 33, of the betas of Ho et al., arXiv:2006.11239.

    Attributes:
        min_beta: b0, the noise rate at u = 0.
        max_beta: b1, the noise rate at u = 1.
        epsilon: where u starts, so that sigma is above 0 at t = 0.
    """

    min_beta: float = 0.1
    max_beta: float = 20.0
    epsilon: float = 1e-3

    def __call__(self, t: ArrayLike) -> Rates:
        """The rates at times t in [0, 1]."""
        u = self.epsilon + (1 - self.epsilon) * jnp.asarray(t)
        log_alpha = -(u**2) * (self.max_beta - self.min_beta) / 4 - u * self.min_beta / 2
        return Rates(jnp.exp(log_alpha), jnp.sqrt(-jnp.expm1(2 * log_alpha)))

    def time(self, log_snr: ArrayLike) -> Array:
        """The times at which the schedule has these log-SNRs."""
        exponent = jax.nn.softplus(-jnp.asarray(log_snr)) / 2  # -log alpha
        slope = self.max_beta - self.min_beta
        root = jnp.sqrt(self.min_beta**2 / 4 + slope * exponent)
        u = 2 * exponent / (self.min_beta / 2 + root)  # the root of the quadratic that loses no digits
        return (u - self.epsilon) / (1 - self.epsilon)


@dataclass(frozen=True)
class LogSnr:
    """log_snr runs linearly in t; variance-preserving: alpha^2 = sigmoid(log_snr).

    Kingma et al., arXiv:2107.00630, section 3.1, with a fixed linear gamma.

    Attributes:
        max_log_snr: at t = 0, in nats.
        min_log_snr: at t = 1, in nats.
    """

    max_log_snr: float = 10.0
    min_log_snr: float = -10.0

    def __call__(self, t: ArrayLike) -> Rates:
        """The rates at times t in [0, 1]."""
        ratio = self.max_log_snr + jnp.asarray(t) * (self.min_log_snr - self.max_log_snr)
        return Rates(jnp.sqrt(jax.nn.sigmoid(ratio)), jnp.sqrt(jax.nn.sigmoid(-ratio)))

    def time(self, log_snr: ArrayLike) -> Array:
        """The times at which the schedule has these log-SNRs."""
        return (jnp.asarray(log_snr) - self.max_log_snr) / (self.min_log_snr - self.max_log_snr)


@dataclass(frozen=True)
class Karras:
    """Variance-exploding: alpha = 1, sigma^(1/rho) runs linearly in t.

    Karras et al., arXiv:2206.00364, eq. 5.

    Attributes:
        min_sigma: sigma at t = 0, in units of the normalised image.
        max_sigma: sigma at t = 1.
        rho: how strongly the times crowd towards small sigma.
    """

    min_sigma: float = 0.002
    max_sigma: float = 80.0
    rho: float = 7.0

    def _ends(self) -> tuple[float, float]:
        return self.min_sigma ** (1 / self.rho), self.max_sigma ** (1 / self.rho)

    def __call__(self, t: ArrayLike) -> Rates:
        """The rates at times t in [0, 1]."""
        start, end = self._ends()
        sigma = (start + jnp.asarray(t) * (end - start)) ** self.rho
        return Rates(jnp.ones_like(sigma), sigma)

    def time(self, log_snr: ArrayLike) -> Array:
        """The times at which the schedule has these log-SNRs."""
        start, end = self._ends()
        return (jnp.exp(-jnp.asarray(log_snr) / (2 * self.rho)) - start) / (end - start)


@dataclass(frozen=True)
class Straight:
    """alpha = 1 - sigma and sigma linear in t: rectified flow, flow matching.

    Liu et al., arXiv:2209.03003, eq. 1; Lipman et al., arXiv:2210.02747, eq. 20.

    Attributes:
        epsilon: sigma at t = 0 and alpha at t = 1, so that both rates stay above 0.
    """

    epsilon: float = 1e-3

    def __call__(self, t: ArrayLike) -> Rates:
        """The rates at times t in [0, 1]."""
        sigma = self.epsilon + (1 - 2 * self.epsilon) * jnp.asarray(t)
        return Rates(1 - sigma, sigma)

    def time(self, log_snr: ArrayLike) -> Array:
        """The times at which the schedule has these log-SNRs."""
        sigma = jax.nn.sigmoid(-jnp.asarray(log_snr) / 2)
        return (sigma - self.epsilon) / (1 - 2 * self.epsilon)
