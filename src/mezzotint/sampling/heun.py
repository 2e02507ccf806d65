"""Heun's method: a DDIM step, and the slope at its end averaged with the slope at its start.

Karras et al., arXiv:2206.00364, algorithm 1, in the coordinates x / alpha and r = sigma / alpha, in which the
probability-flow ODE of every schedule is d(x / alpha) / dr = noise.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule
from mezzotint.sampling.method import Memory


@dataclass(frozen=True)
class Heun:
    """Second order, one step, two network evaluations."""

    @property
    def order(self) -> int:
        """2."""
        return 2

    @property
    def evaluations(self) -> int:
        """2."""
        return 2

    @property
    def deterministic(self) -> bool:
        """True."""
        return True

    def init(self, x: Images) -> Memory:
        """Nothing is remembered."""
        return ()

    def step(
        self,
        denoise: Denoiser,
        schedule: Schedule,
        x: Images,
        t: Array,
        s: Array,
        memory: Memory,
        keys: Keys,
    ) -> tuple[Images, Memory]:
        """From x at time t to time s."""
        now, then = schedule(t), schedule(s)
        image, noise = denoise(x, jnp.full(x.shape[:1], t))
        euler = then.alpha * image + then.sigma * noise
        slope = denoise(euler, jnp.full(x.shape[:1], s)).noise
        change = then.sigma - then.alpha * now.sigma / now.alpha  # alpha_s (r_s - r_t)
        return euler + change * (slope - noise) / 2, ()
