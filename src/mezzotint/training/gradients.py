"""The loss of a batch and its gradients, over the devices of a mesh.

    loss = mean objective(network(x, level(t)));   gradients = d loss / d params

They are the same on every mesh, whoever sums: jit, array by array, or `averaged_once`, all at once.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from einops import rearrange
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array

from mezzotint.config import Config
from mezzotint.core.objective import Truth
from mezzotint.core.prediction import denoiser
from mezzotint.model.weights import normalises_batches
from mezzotint.networks.condition import Condition
from mezzotint.training.remat import rematerialised
from mezzotint.training.sharding import copied, gatherer

Tree = Any
Part = tuple[Truth, Condition]
Gather = Callable[[Tree], Tree]
Gradients = Callable[[Tree, Tree, Truth, Condition], tuple[Array, Tree, Tree]]


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


def gradients_of(config: Config, gather: Gather = untouched) -> Gradients:
    """(params, batch_stats, truth, condition) -> (loss, gradients, new batch statistics) of a batch.

    With `optimizer.accumulate` parts they are computed a part at a time, and the gradients are the mean over
    the parts; batch statistics are those of each part in turn, so that only networks without them give
    exactly the same. On processors the loop over the parts is written out: XLA's CPU backend brings
    convolutions into the form that its fast code knows only outside of loops, and in one the way back is
    twenty times slower.
    """

    def mean_loss(params: Tree, batch_stats: Tree, part: Part) -> tuple[Array, Tree]:
        variables = {"params": params, "batch_stats": batch_stats}
        values, batch_stats = losses(config, gather, variables, *part, train=True)
        return values.mean(), batch_stats

    value_and_grad = jax.value_and_grad(mean_loss, has_aux=True)
    count = config.optimizer.accumulate

    def whole(params: Tree, batch_stats: Tree, *batch: Any) -> tuple[Array, Tree, Tree]:
        (loss, batch_stats), grads = value_and_grad(params, batch_stats, batch)
        return loss, grads, batch_stats

    def in_parts(params: Tree, batch_stats: Tree, *batch: Any) -> tuple[Array, Tree, Tree]:
        def accumulate(carry: tuple, part: Part) -> tuple[tuple, None]:
            total, grads, batch_stats = carry
            (loss, batch_stats), new = value_and_grad(params, batch_stats, after(grads, part))
            return (total + loss, jax.tree.map(jnp.add, grads, new), batch_stats), None

        parts = jax.tree.map(lambda a: rearrange(a, "(b n) ... -> n b ...", n=count), batch)
        start = jnp.zeros(()), jax.tree.map(jnp.zeros_like, params), batch_stats
        unroll = count if jax.default_backend() == "cpu" else 1
        (total, grads, batch_stats), _ = jax.lax.scan(accumulate, start, parts, unroll=unroll)
        return total / count, jax.tree.map(lambda g: g / count, grads), batch_stats

    return in_parts if count > 1 else whole


def after(grads: Tree, part: Part) -> Part:
    """A part of a batch that cannot be looked at before these gradients are there.

    Without it XLA's scheduler may begin all parts of an unrolled loop before it ends one, and hold what each
    keeps for its way back. Gradients that are not finite make the whole step so, as they do anyway.
    """
    truth, condition = part
    known = sum(jnp.ravel(leaf)[0] for leaf in jax.tree.leaves(grads))
    return truth._replace(x=truth.x + 0 * known), condition


def gradients_over(config: Config, mesh: Mesh) -> Gradients:
    """A network's gradients over the devices of a mesh."""
    found = gradients_of(config, gatherer(mesh))
    return averaged_once(mesh, found) if separable(config, mesh) else found


def separable(config: Config, mesh: Mesh) -> bool:
    """Whether each device can find the gradients of its part of a batch by itself.

    It has all weights, its part can be cut as the whole can, and no normalisation looks at the whole batch.
    """
    parts = config.batch_size // mesh.size % config.optimizer.accumulate == 0
    return copied(mesh) and parts and not normalises_batches(config)


def averaged_once(mesh: Mesh, gradients: Gradients) -> Gradients:
    """The same gradients, of each device's part of a batch, and then their mean: one sum for all arrays.

    Left to itself, jit sums every array as it comes. Accelerators join those sums, XLA's CPU backend does
    not, and between processes each takes 0.5 to 4 ms, however small.
    """

    def of_a_part(params: Tree, batch_stats: Tree, truth: Truth, condition: Condition) -> tuple:
        loss, grads, batch_stats = gradients(params, batch_stats, truth, condition)
        flat, unravel = ravel_pytree((loss, grads))
        return *unravel(jax.lax.pmean(flat, mesh.axis_names)), batch_stats

    whole, part = PartitionSpec(), PartitionSpec(mesh.axis_names)
    return jax.shard_map(
        of_a_part, mesh=mesh, in_specs=(whole, whole, part, part), out_specs=whole, check_vma=False
    )
