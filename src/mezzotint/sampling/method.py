"""What a sampling method is: a first memory, and one step from a time to the next."""

from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array

from mezzotint.arrays import Images, Keys
from mezzotint.core.prediction import Denoiser
from mezzotint.core.schedule import Schedule

Memory = Any  # a pytree of arrays; () for one-step methods


@runtime_checkable
class Sampler(Protocol):
    """A frozen dataclass that states only these; `order` is tested, not merely declared."""

    @property
    def order(self) -> int:
        """Order of accuracy in the step size, of the deterministic method."""
        ...

    @property
    def evaluations(self) -> int:
        """Network evaluations a step: n times cost evaluations * (n - 1) + 1 of them."""
        ...

    @property
    def deterministic(self) -> bool:
        """Whether the steps add no noise, so that the start alone decides."""
        ...

    def init(self, x: Images) -> Memory:
        """What the method remembers before the first step."""
        ...

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
        """From noisy images x at time t to those at time s; t and s scalars, one key an image."""
        ...


def has_single_steps(sampler: Sampler) -> bool:
    """Whether the method remembers nothing from step to step."""
    x = jax.ShapeDtypeStruct((1, 1, 1, 1), jnp.float32)
    return not jax.tree.leaves(jax.eval_shape(sampler.init, x))
