"""What a network is told besides the noise level; every part may be absent."""

from typing import NamedTuple

import flax.linen as nn
from jaxtyping import Array, Float


class Condition(NamedTuple):
    """What is known of each picture of a batch.

    Attributes:
        augment: what was done to it, see `core/augmentation.py`; None where nothing ever is.
        label: its class as a one-hot row with a last column for "none", see `core/labels.py`; None where
            there are no classes.
    """

    augment: Float[Array, "batch 9"] | None = None
    label: Float[Array, "batch columns"] | None = None


UNCONDITIONED = Condition()


class Conditioned(nn.Module):
    """An embedding of the noise level, with what a condition says added to it.

    Attributes:
        dtype: of the computation.
    """

    dtype: str = "float32"

    @nn.compact
    def __call__(
        self, embedding: Float[Array, "batch dimensions"], condition: Condition
    ) -> Float[Array, "batch dimensions"]:
        """The sum of the embedding and a projection of each part that is there."""
        width = embedding.shape[-1]
        if condition.augment is not None:
            augment = nn.Dense(width, use_bias=False, dtype=self.dtype, name="augment")
            embedding = embedding + augment(condition.augment)
        if condition.label is not None:
            label = nn.Dense(width, use_bias=False, dtype=self.dtype, name="label")
            embedding = embedding + label(condition.label)
        return embedding
