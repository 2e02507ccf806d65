"""One training step, and the loss on held-out pictures: pure functions of arrays.

    x = alpha(t) * image + sigma(t) * noise;   loss = mean objective(network(x, level(t)))

A step's randomness is `fold_in(root, step)`; the validation's is one key for always.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from einops import rearrange
from jaxtyping import Array, Float

from mezzotint.arrays import Bytes, Images, Key
from mezzotint.config import Config
from mezzotint.core import pixels
from mezzotint.core.augmentation import augment
from mezzotint.core.labels import Labels, withheld
from mezzotint.core.objective import Truth, noised
from mezzotint.core.prediction import denoiser
from mezzotint.model import told
from mezzotint.networks.condition import Condition
from mezzotint.training.average import decay_at, moved
from mezzotint.training.remat import rematerialised
from mezzotint.training.state import TrainState

Tree = Any
Part = tuple[Truth, Condition]
Metrics = dict[str, Array]
Gather = Callable[[Tree], Tree]
Step = Callable[[TrainState, Bytes, Labels], tuple[TrainState, Metrics]]


def untouched(tree: Tree) -> Tree:
    """The `gather` of a state that is whole on every device."""
    return tree


def application(config: Config, gather: Gather, train: bool) -> Callable[..., tuple[Array, Tree]]:
    """The network's (variables, x, level, condition) -> (output, changed variables)."""

    def apply(variables: Tree, *inputs: Any) -> Any:
        return config.network.apply(gather(variables), *inputs, train=train, mutable=["batch_stats"])

    return rematerialised(apply) if config.remat and train else apply


def losses(
    config: Config, gather: Gather, variables: Tree, truth: Truth, condition: Condition, train: bool
) -> tuple[Array, Tree]:
    """The objective (batch,) of a network with these variables, and its new batch statistics."""
    updated, apply = variables["batch_stats"], application(config, gather, train)

    def network(x: Array, t: Array) -> Array:
        nonlocal updated
        level = config.level(config.schedule(t))
        output, changed = apply(variables, x, level, condition)
        updated = changed.get("batch_stats", updated)
        return output

    estimate = denoiser(network, config.schedule, config.prediction)(truth.x, truth.t)
    return config.objective(config.schedule, config.prediction, truth, estimate), updated


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


def gradients(
    config: Config, gather: Gather, params: Tree, batch_stats: Tree, truth: Truth, condition: Condition
) -> tuple[Array, Tree, Tree]:
    """(loss, gradients, new batch statistics) of a batch, a part of it at a time.

    With `optimizer.accumulate` parts the gradients are the mean over the parts; batch statistics
    are those of each part in turn, so that only networks without them give exactly the same.
    """

    def mean_loss(params: Tree, batch_stats: Tree, part: Part) -> tuple[Array, Tree]:
        variables = {"params": params, "batch_stats": batch_stats}
        values, batch_stats = losses(config, gather, variables, *part, train=True)
        return values.mean(), batch_stats

    value_and_grad = jax.value_and_grad(mean_loss, has_aux=True)
    count = config.optimizer.accumulate
    if count == 1:
        (loss, batch_stats), grads = value_and_grad(params, batch_stats, (truth, condition))
        return loss, grads, batch_stats

    def accumulate(carry: tuple, part: Part) -> tuple[tuple, None]:
        total, grads, batch_stats = carry
        (loss, batch_stats), new = value_and_grad(params, batch_stats, part)
        return (total + loss, jax.tree.map(jnp.add, grads, new), batch_stats), None

    parts = jax.tree.map(lambda a: rearrange(a, "(b n) ... -> n b ...", n=count), (truth, condition))
    zeros = jax.tree.map(jnp.zeros_like, params)
    (total, grads, batch_stats), _ = jax.lax.scan(accumulate, (jnp.zeros(()), zeros, batch_stats), parts)
    return total / count, jax.tree.map(lambda g: g / count, grads), batch_stats


def train_step(config: Config, root: Key, gather: Gather = untouched) -> Step:
    """The step of a configuration, to be jitted: (state, images uint8, labels) -> (state, metrics).

    Args:
        config: with its channels and classes known.
        root: of the steps' randomness.
        gather: makes what the devices hold in parts whole, see `training/sharding.py`.
    """

    def step(state: TrainState, images: Bytes, labels: Labels) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(root, state.step)
        unit, condition = conditioned(config, key, pixels.from_bytes(images), labels)
        statistics, running = config.pixels.in_training(state.pixels, unit)
        truth = draw(config, key, pixels.encode(unit, statistics))
        loss, grads, batch_stats = gradients(
            config, gather, state.params, state.batch_stats, truth, condition
        )
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
        encoded = pixels.encode(pixels.from_bytes(images), state.pixels)
        truth = draw(config, jax.random.fold_in(root, index), encoded)
        values, _ = losses(config, gather, state.averages, truth, told(config, labels), train=False)
        return (values * weights).sum(), weights.sum()

    return step
