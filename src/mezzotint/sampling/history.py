"""What a multistep method remembers: the last estimates, and where each of them was made.

Its shapes never change, so that the loop compiles once; how many entries are known is traced.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from mezzotint.arrays import Images


class History(NamedTuple):
    """Estimates, newest first, of which the first `known` count.

    Attributes:
        values: images or noises.
        places: lambda = log(alpha / sigma) of each.
        known: how many there are so far.
    """

    values: Float[Array, "depth batch height width channels"]
    places: Float[Array, " depth"]
    known: Int[Array, ""]

    @property
    def usable(self) -> Bool[Array, " depth"]:
        """Which entries count."""
        return jnp.arange(len(self.places)) < self.known


def empty(depth: int, x: Images) -> History:
    """Nothing is known yet; estimates will be shaped like x."""
    return History(jnp.zeros((depth, *x.shape), x.dtype), jnp.zeros(depth), jnp.zeros((), int))


def with_newest(history: History, value: Images, place: Array) -> History:
    """One entry more than `history` has, the first of them new."""
    values = jnp.concatenate([value[None], history.values])
    return History(values, jnp.append(place, history.places), history.known + 1)


def newest(history: History, depth: int) -> History:
    """The first `depth` entries."""
    known = jnp.minimum(history.known, depth)
    return History(lax.slice_in_dim(history.values, 0, depth), history.places[:depth], known)


def older(history: History) -> History:
    """All entries but the first."""
    known = jnp.maximum(history.known - 1, 0)
    return History(lax.slice_in_dim(history.values, 1, None), history.places[1:], known)
