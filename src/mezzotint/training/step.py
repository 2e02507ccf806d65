"""One training step, and the loss on held-out pictures: pure functions of arrays.

    x = alpha(t) * image + sigma(t) * noise;   loss = mean objective(network(x, level(t)))

A step's randomness is `fold_in(root, step)`; the validation's is one key for always.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from mezzotint.arrays import Bytes, Images, Key
from mezzotint.config import Config
from mezzotint.core import pixels
from mezzotint.core.augmentation import augment
from mezzotint.core.labels import Labels, withheld
from mezzotint.core.objective import Truth, noised
from mezzotint.model import told
from mezzotint.model.weights import from_checkpoint
from mezzotint.networks.condition import Condition
from mezzotint.training.average import decay_at, moved
from mezzotint.training.gradients import Gather, Gradients, gradients_of, losses, untouched
from mezzotint.training.state import TrainState, to_trees

Metrics = dict[str, Array]
Step = Callable[[TrainState, Bytes, Labels], tuple[TrainState, Metrics]]


def draw(config: Config, key: Key, images: Array) -> Truth:
    """Times and noise for normalised images."""
    time_key, noise_key = jax.random.split(key)
    t = config.times(time_key, config.schedule, images.shape[0])
    return noised(config.schedule, t, images, jax.random.normal(noise_key, images.shape))


def conditioned(config: Config, key: Key, images: Images, labels: Labels) -> tuple[Images, Condition]:
    """Pictures after `config.augment`, and what the network is told of them and of their labels."""
    # `draw` splits the same key in two; folding 2 or 3 in is neither of the halves
    if config.classes:
        labels = withheld(jax.random.fold_in(key, 3), labels, config.label_dropout)
    condition = told(config, labels)
    if not config.augment:
        return images, condition
    images, drawn = augment(jax.random.fold_in(key, 2), images, config.augment)
    return images, condition._replace(augment=drawn)


def train_step(config: Config, root: Key, gradients: Gradients | None = None) -> Step:
    """The step of a configuration, to be jitted: (state, images uint8, labels) -> (state, metrics).

    Args:
        config: with its channels and classes known.
        root: of the steps' randomness.
        gradients: computes them over many devices, see `training/gradients.py`; of one by default.
    """
    gradients = gradients or gradients_of(config)

    def step(state: TrainState, images: Bytes, labels: Labels) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(root, state.step)
        unit, condition = conditioned(config, key, pixels.from_bytes(images), labels)
        statistics, running = config.pixels.in_training(state.pixels, unit)
        truth = draw(config, key, pixels.encode(unit, statistics))
        loss, grads, batch_stats = gradients(state.params, state.batch_stats, truth, condition)
        decay = decay_at(config.average, state.step)
        after = state.apply_gradients(grads=grads, batch_stats=batch_stats, pixels=running)
        averaged = {"params": after.params, "batch_stats": after.batch_stats}
        after = after.replace(averages=moved(state.averages, averaged, decay))
        metrics = {"loss": loss, "gradient_norm": optax.tree.norm(grads)}
        return finite_or_skipped(metrics, after, state), metrics

    return step


def finite_or_skipped(metrics: Metrics, after: TrainState, before: TrainState) -> TrainState:
    """The state after a step; where a figure is not finite, the one before it with the step counted."""
    finite = jnp.all(jnp.isfinite(jnp.stack(list(metrics.values()))))
    kept = jax.tree.map(lambda new, old: jnp.where(finite, new, old), after, before)
    return kept.replace(step=after.step)


def validation_step(
    config: Config, root: Key, gather: Gather = untouched
) -> Callable[[TrainState, Bytes, Labels, Float[Array, " batch"], Array], tuple[Array, Array]]:
    """(state, images, labels, weights, batch index) -> (weighted sum of the averages' losses, weight).

    Batch i has the same noise and times every time; no label is withheld.
    """

    def step(
        state: TrainState, images: Bytes, labels: Labels, weights: Array, index: Array
    ) -> tuple[Array, Array]:
        averages, statistics = from_checkpoint(config, to_trees(state)["ema"])
        encoded = pixels.encode(pixels.from_bytes(images), statistics)
        truth = draw(config, jax.random.fold_in(root, index), encoded)
        values, _ = losses(config, gather, averages, truth, told(config, labels), train=False)
        return (values * weights).sum(), weights.sum()

    return step
