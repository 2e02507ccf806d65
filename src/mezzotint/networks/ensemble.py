"""Several networks of one kind as one: the mean of their outputs.

    output = (output_1 + ... + output_n) / n

Every prediction is linear in the output (`core/prediction.py`), so that at the same x and t the estimates of
the mean output are the means of the members' estimates: this samples with the mean denoiser.

The members' weights stand beside one another, `member_0` and so on, and are applied in turn. As one stacked
tree under `vmap` every convolution becomes a grouped one, which XLA's CPU backend computes slowly: a training
step of four small UNets took 2.4 times as long as four steps of one.
"""

from collections.abc import Sequence
from dataclasses import field, replace
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mezzotint.arrays import Images
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.networks.condition import UNCONDITIONED, Condition
from mezzotint.networks.unet import UNet

Tree = Any


class Ensemble(nn.Module):
    """The mean of several networks.

    Attributes:
        network: what each member is.
        members: how many there are.
    """

    network: ArticleUNet | UNet = field(default_factory=ArticleUNet)
    members: int = 2

    @property
    def divisor(self) -> int:
        """What both sides of a picture must be divisible by."""
        return self.network.divisor

    @nn.compact
    def __call__(
        self,
        x: Images,
        level: Float[Array, " batch"],
        condition: Condition = UNCONDITIONED,
        *,
        train: bool,
    ) -> Images:
        """The mean of the members' outputs, float32 and shaped like x."""
        members = [self.network.copy(name=member(index)) for index in range(self.members)]
        outputs = [each(x, level, condition, train=train) for each in members]
        return jnp.stack(outputs).mean(axis=0)


def several(network: ArticleUNet | UNet | Ensemble, members: int) -> Ensemble:
    """So many of a network, or of an ensemble's."""
    return Ensemble(network.network if isinstance(network, Ensemble) else network, members)


def joined(members: Sequence[Tree]) -> Tree:
    """The ensemble's variables from its members'."""
    variables = {
        kind: {member(index): each[kind] for index, each in enumerate(members)}
        for kind in ("params", "batch_stats")
    }
    return variables if jax.tree.leaves(variables["batch_stats"]) else variables | {"batch_stats": {}}


def parted(stacked: Tree, members: int) -> Tree:
    """The ensemble's variables from its members', stacked along a first axis."""
    return joined([at(stacked, index) for index in range(members)])


def at(stacked: Tree, index: int) -> Tree:
    """A member's arrays of those that are stacked."""
    return jax.tree.map(lambda leaf: leaf[index], stacked)


def member(index: int) -> str:
    """The name of a member among the variables."""
    return f"member_{index}"


def computing_in(network: Any, dtype: str) -> Any:
    """The same network with its computation in another type."""
    if isinstance(network, Ensemble):
        return replace(network, network=replace(network.network, dtype=dtype))
    return replace(network, dtype=dtype)
