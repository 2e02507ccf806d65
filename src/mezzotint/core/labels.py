"""Class labels: a whole number for each picture, 0 and up, -1 where there is none.

A network is told them as one-hot rows whose last column stands for "no label". Its weights, the null
label, are learned from pictures whose label is withheld in training, so that one network knows the
pictures of a class and those of all: Ho & Salimans, arXiv:2207.12598, section 3.2.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from mezzotint.arrays import Key

NONE = -1

Labels = Int[Array, " batch"]


def unlabelled(count: int) -> Labels:
    """The labels of pictures that have none."""
    return jnp.full(count, NONE)


def one_hot(labels: Labels, classes: int) -> Float[Array, "batch {classes}+1"]:
    """A 1 in the label's column, or in the last one where there is none."""
    return jax.nn.one_hot(jnp.where(labels == NONE, classes, labels), classes + 1)


def withheld(key: Key, labels: Labels, probability: float) -> Labels:
    """Labels of which each is taken away with a probability in [0, 1]."""
    return jnp.where(jax.random.bernoulli(key, probability, labels.shape), NONE, labels)
