"""The loss on held-out pictures: the averaged weights, the same noise and times every time."""

from itertools import islice
from math import ceil

import jax
import numpy as np

from mezzotint.arrays import Key
from mezzotint.data.pipeline import sequential
from mezzotint.training.prepare import Plan
from mezzotint.training.sharding import assembled, gatherer, rows
from mezzotint.training.state import TrainState
from mezzotint.training.step import validation_step


class Validation:
    """The held-out pictures of a plan, and the compiled loss on them."""

    def __init__(self, plan: Plan, key: Key) -> None:
        """Nothing is read or compiled yet."""
        self._plan = plan
        self._step = jax.jit(validation_step(plan.config, key, gatherer(plan.mesh)))

    @property
    def possible(self) -> bool:
        """Whether any picture is held out."""
        return len(self._plan.data.validation) > 0

    def loss(self, state: TrainState) -> float:
        """The mean loss over the first `watch.validation_images` held-out pictures."""
        config, data, mesh = self._plan.config, self._plan.data, self._plan.mesh
        mine = rows(mesh, config.batch_size)
        batches = sequential(
            data.validation, config.batch_size, size=config.image_size, rows=mine, threads=data.threads
        )
        count = ceil(config.watch.validation_images / config.batch_size)
        total, weight = np.float32(0), np.float32(0)
        for index, batch in enumerate(islice(batches, count)):
            inputs = [
                assembled(mesh, batch[name], config.batch_size) for name in ("image", "label", "weight")
            ]
            sums = self._step(state, *inputs, np.int32(index))
            total, weight = total + np.asarray(sums[0]), weight + np.asarray(sums[1])
        batches.close()
        return float(total / weight)
