"""The loss on held-out pictures: the averaged weights, the same noise and times every time."""

from itertools import islice
from math import ceil

import jax
import jax.numpy as jnp

from mezzotint.arrays import Key
from mezzotint.data.pipeline import sequential
from mezzotint.devices import cut
from mezzotint.training.prepare import Plan
from mezzotint.training.state import TrainState
from mezzotint.training.step import validation_step


class Validation:
    """The held-out pictures of a plan, and the compiled loss on them."""

    def __init__(self, plan: Plan, key: Key) -> None:
        """Nothing is read or compiled yet."""
        self._plan, self._cut = plan, cut(plan.mesh)
        self._step = jax.jit(validation_step(plan.config, key))

    @property
    def possible(self) -> bool:
        """Whether any picture is held out."""
        return len(self._plan.data.validation) > 0

    def loss(self, state: TrainState) -> float:
        """The mean loss over the first `watch.validation_images` held-out pictures."""
        config, data = self._plan.config, self._plan.data
        size, threads = config.image_size, data.threads
        batches = sequential(data.validation, config.batch_size, size=size, threads=threads)
        count = ceil(config.watch.validation_images / config.batch_size)
        total, weight = jnp.zeros(()), jnp.zeros(())
        for index, batch in enumerate(islice(batches, count)):
            inputs = jax.device_put((batch["image"], batch["label"], batch["weight"]), self._cut)
            sums = self._step(state, *inputs, jnp.asarray(index))
            total, weight = total + sums[0], weight + sums[1]
        batches.close()
        return float(total / weight)
