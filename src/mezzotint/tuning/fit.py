"""The n sampling times whose pictures come nearest to given ones, from the same noise.

n falling times from 1 on cut [0, 1] into n parts, the last of which ends at 0. The parts are the softmax of
n - 1 logits and a 0, so that any logits are a grid, and the distance, the mean squared error a pixel, can be
minimised without a constraint. Its derivatives go forward through the sampling loop, n - 1 of them at once.
So few parameters are found by least squares in a fraction of the evaluations that gradient descent takes,
by which Tong et al., arXiv:2405.15506, learn a grid from such a distance.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from mezzotint.arrays import Images, Keys
from mezzotint.sampling import loop
from mezzotint.tuning.least_squares import Squares, minimise

BATCH = 32  # pictures drawn at once
LEAST = 0.1  # of a start's mean part: the softmax of a shorter one hardly moves

# Pictures in [0, 1] from times and keys: a pytree (`jax.tree_util.Partial`), so that weights are arguments.
Draw = Callable[[loop.Times, Keys], Images]


def fit(draw: Draw, start: Float[np.ndarray, " count"], keys: Keys, target: Images) -> np.ndarray:
    """As many times as `start`, near it, whose pictures of `keys` come nearest to `target`."""
    logits = minimise(
        lambda logits: squares(draw, jnp.asarray(logits, target.dtype), keys, target),
        lambda logits: distance(draw, times(jnp.asarray(logits, target.dtype)), keys, target),
        logits_of(start),
    )
    return np.asarray(falling(jnp.asarray(logits, target.dtype)))


def pictures(draw: Draw, times: loop.Times, keys: Keys) -> Images:
    """The picture of each key."""
    return _pictures(draw, times, keys)


def distance(draw: Draw, times: loop.Times, keys: Keys, target: Images) -> float:
    """The mean squared error a pixel, of pictures in [0, 1]."""
    return float(jnp.square(_pictures(draw, times, keys) - target).mean())


@jax.jit
def _pictures(draw: Draw, times: loop.Times, keys: Keys) -> Images:
    return jax.lax.map(lambda key: draw(times, key[None])[0], keys, batch_size=BATCH)


@jax.jit
def squares(draw: Draw, logits: Float[Array, " parameters"], keys: Keys, target: Images) -> Squares:
    """The distance as a function of the logits, with its derivatives."""

    def of_one(example: tuple[Array, Array]) -> Squares:
        key, picture = example
        residual = lambda logits: (draw(times(logits), key[None])[0] - picture).reshape(-1)  # noqa: E731
        jacobian, value = jax.jacfwd(lambda logits: (residual(logits),) * 2, has_aux=True)(logits)
        return Squares(value @ value, value @ jacobian, jacobian.T @ jacobian)

    each = jax.lax.map(of_one, (keys, target), batch_size=BATCH)
    return jax.tree.map(lambda part: part.sum(0) / target.size, each)


def times(logits: Float[Array, " parameters"]) -> loop.Times:
    """The grid of n - 1 logits, as the loop takes it."""
    values = falling(logits)
    return loop.Times(jnp.zeros(loop.CAPACITY).at[: len(values)].set(values), jnp.asarray(len(values)))


def falling(logits: Float[Array, " parameters"]) -> Float[Array, " count"]:
    """The n times of n - 1 logits: sums of the parts from 0 on, where small ones keep their digits."""
    parts = jax.nn.softmax(jnp.append(logits, 0.0))
    return jnp.cumsum(parts[::-1])[::-1].at[0].set(1.0)


def logits_of(times: Float[np.ndarray, " count"]) -> Float[np.ndarray, " parameters"]:
    """The logits of a grid, its shortest parts lengthened to LEAST."""
    parts = np.maximum(-np.diff(np.append(np.asarray(times, np.float64), 0)), LEAST / len(times))
    return np.log(parts[:-1] / parts[-1])
