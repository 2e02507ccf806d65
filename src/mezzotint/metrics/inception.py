"""The FID network: 2,048 features of a picture, from the Inception that TensorFlow gave out in December 2015.

Szegedy et al., arXiv:1512.00567, figures 5 to 7 and table 1, as that graph has it: average pools leave the
padding out of the mean, the last block takes a maximum where the paper takes a mean, and there are 1,008
classes. pytorch-fid and torch-fidelity hold the same network; the layers have their names here. Every
convolution is followed by a BatchNorm whose statistics no longer change, so that it is folded into the
convolution's kernel and bias. A 1x1 convolution is a dense layer at each pixel, and written as one.

How a picture is put in is torch-fidelity's, and numbers made otherwise cannot be compared: float32 in [0, 1]
rounded to the nearest of 256 levels, one channel spread to three, any extent brought to 299 x 299 by
TensorFlow 1's bilinear filter (pixel i of the output at i times the ratio of the sides in the input, not
antialiased where it shrinks), then (level - 128) / 128. The rounding is that of a picture which is written
to a file: a sample in memory and its PNG have the same features.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from mezzotint.arrays import Images

SIDE = 299  # pixels
WIDTH, CLASSES = 2048, 1008
EXACT = lax.Precision.HIGHEST  # or accelerators would round to 10 bits

Changed = Float[Array, "batch less_height less_width outputs"]


class Layer(NamedTuple):
    """A convolution: channels of the output, kernel (height, width), stride.

    At stride 1 there are zeros around the picture, so that its extent stays; at stride 2 there are none.
    """

    width: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1


def convolved(x: Images, name: str, layer: Layer) -> Changed:
    """A convolution with its BatchNorm in it, then ReLU, within the module that is being called."""
    width, kernel, stride = layer
    if kernel == (1, 1):
        return nn.relu(nn.Dense(width, precision=EXACT, name=name)(x))
    padding = "SAME" if stride == 1 else "VALID"
    return nn.relu(nn.Conv(width, kernel, stride, padding, precision=EXACT, name=name)(x))


def inner(x: Images) -> Float[Array, "batch less_height less_width channels"]:
    """What a 3 x 3 convolution makes of the picture alone, without the zeros around it.

    One that has no zeros at all takes XLA up to four times as long on a CPU.
    """
    return x[:, 1:-1, 1:-1]


def branch(x: Images, name: str, *layers: Layer) -> Changed:
    """Convolutions one after the other, NAME_1, NAME_2, ..."""
    for number, layer in enumerate(layers, 1):
        x = convolved(x, f"{name}_{number}", layer)
    return x


def forked(x: Images, name: str) -> Float[Array, "batch height width 768"]:
    """Two convolutions of the same pixels, NAMEa along the rows and NAMEb along the columns."""
    ways = (convolved(x, f"{name}a", Layer(384, (1, 3))), convolved(x, f"{name}b", Layer(384, (3, 1))))
    return jnp.concatenate(ways, -1)


def mean_around(x: Images) -> Images:
    """At each pixel, the mean of those of its 3 x 3 neighbourhood that are in the picture."""
    return nn.avg_pool(x, (3, 3), padding="SAME", count_include_pad=False)


def highest_around(x: Images) -> Images:
    """At each pixel, the maximum of its 3 x 3 neighbourhood."""
    return nn.max_pool(x, (3, 3), padding="SAME")


def halved(x: Images) -> Float[Array, "batch less_height less_width channels"]:
    """At every other pixel that has one, the maximum of its 3 x 3 neighbourhood."""
    return nn.max_pool(x, (3, 3), (2, 2))


class InceptionA(nn.Module):
    """Branches of up to 5 x 5: Szegedy et al., arXiv:1512.00567, figure 5, where one 5 x 5 kernel has stayed.

    Attributes:
        pooled: channels of the branch of means.
    """

    pooled: int

    @nn.compact
    def __call__(self, x: Images) -> Float[Array, "batch height width {224+self.pooled}"]:
        """(batch, height, width, channels) -> (batch, height, width, 224 + pooled)."""
        ways = (
            convolved(x, "branch1x1", Layer(64)),
            branch(x, "branch5x5", Layer(48), Layer(64, (5, 5))),
            branch(x, "branch3x3dbl", Layer(64), Layer(96, (3, 3)), Layer(96, (3, 3))),
            convolved(mean_around(x), "branch_pool", Layer(self.pooled)),
        )
        return jnp.concatenate(ways, -1)


class InceptionB(nn.Module):
    """From 35 x 35 pixels to 17 x 17: Szegedy et al., arXiv:1512.00567, figure 10."""

    @nn.compact
    def __call__(self, x: Images) -> Changed:
        """(batch, height, width, channels) -> (batch, about height / 2, about width / 2, 480 + channels)."""
        ways = (
            convolved(x, "branch3x3", Layer(384, (3, 3), 2)),
            branch(x, "branch3x3dbl", Layer(64), Layer(96, (3, 3)), Layer(96, (3, 3), 2)),
            halved(x),
        )
        return jnp.concatenate(ways, -1)


class InceptionC(nn.Module):
    """Branches of up to 13 x 13, along rows and columns: Szegedy et al., arXiv:1512.00567, figure 6.

    Attributes:
        between: channels between the convolutions of a branch.
    """

    between: int

    @nn.compact
    def __call__(self, x: Images) -> Float[Array, "batch height width 768"]:
        """(batch, height, width, channels) -> (batch, height, width, 768)."""
        row, column = Layer(self.between, (1, 7)), Layer(self.between, (7, 1))
        first, last = Layer(self.between), {"width": 192}
        ways = (
            convolved(x, "branch1x1", Layer(192)),
            branch(x, "branch7x7", first, row, column._replace(**last)),
            branch(x, "branch7x7dbl", first, column, row, column, row._replace(**last)),
            convolved(mean_around(x), "branch_pool", Layer(192)),
        )
        return jnp.concatenate(ways, -1)


class InceptionD(nn.Module):
    """From 17 x 17 pixels to 8 x 8: the second reduction of Szegedy et al., arXiv:1512.00567, table 1."""

    @nn.compact
    def __call__(self, x: Images) -> Changed:
        """(batch, height, width, channels) -> (batch, about height / 2, about width / 2, 512 + channels)."""
        narrow, down = Layer(192), ((3, 3), 2)
        along = Layer(192, (1, 7)), Layer(192, (7, 1))
        ways = (
            branch(x, "branch3x3", narrow, Layer(320, *down)),
            branch(x, "branch7x7x3", narrow, *along, Layer(192, *down)),
            halved(x),
        )
        return jnp.concatenate(ways, -1)


class InceptionE(nn.Module):
    """Branches that fork at their ends: Szegedy et al., arXiv:1512.00567, figure 7.

    Attributes:
        highest: the last branch takes maxima, not means.
    """

    highest: bool

    @nn.compact
    def __call__(self, x: Images) -> Float[Array, "batch height width 2048"]:
        """(batch, height, width, channels) -> (batch, height, width, 2048)."""
        around = highest_around(x) if self.highest else mean_around(x)
        ways = (
            convolved(x, "branch1x1", Layer(320)),
            forked(branch(x, "branch3x3", Layer(384)), "branch3x3_2"),
            forked(branch(x, "branch3x3dbl", Layer(448), Layer(384, (3, 3))), "branch3x3dbl_3"),
            convolved(around, "branch_pool", Layer(192)),
        )
        return jnp.concatenate(ways, -1)


class Inception(nn.Module):
    """The network without its classifier."""

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width 3"]) -> Float[Array, "batch 2048"]:
        """The means over all places of the last channels, each at least 0."""
        x = convolved(x, "Conv2d_1a_3x3", Layer(32, (3, 3), 2))
        x = inner(convolved(x, "Conv2d_2a_3x3", Layer(32, (3, 3))))
        x = halved(convolved(x, "Conv2d_2b_3x3", Layer(64, (3, 3))))
        x = convolved(x, "Conv2d_3b_1x1", Layer(80))
        x = halved(inner(convolved(x, "Conv2d_4a_3x3", Layer(192, (3, 3)))))
        for letter, pooled in zip("bcd", (32, 64, 64), strict=True):
            x = InceptionA(pooled, name=f"Mixed_5{letter}")(x)
        x = InceptionB(name="Mixed_6a")(x)
        for letter, between in zip("bcde", (128, 160, 160, 192), strict=True):
            x = InceptionC(between, name=f"Mixed_6{letter}")(x)
        x = InceptionD(name="Mixed_7a")(x)
        x = InceptionE(highest=False, name="Mixed_7b")(x)
        return InceptionE(highest=True, name="Mixed_7c")(x).mean((1, 2))


def shapes() -> Any:
    """The shapes of the network's parameters, as a tree."""
    x = jax.ShapeDtypeStruct((1, SIDE, SIDE, 3), jnp.float32)
    return jax.tree.map(jnp.shape, jax.eval_shape(Inception().init, jax.random.key(0), x))


def stretched(x: Images, axis: int) -> Float[Array, "batch new_height new_width channels"]:
    """An axis brought to 299 pixels as TensorFlow 1 does it, pixel i standing at i * extent / 299.

    The places are float32, as they are in TensorFlow and torch-fidelity.
    """
    extent = x.shape[axis]
    places = np.arange(SIDE, dtype=np.float32) * np.float32(extent / SIDE)
    before = places.astype(np.int32)
    after = np.minimum(before + 1, extent - 1)
    share = np.expand_dims(places - before, [other for other in range(x.ndim) if other != axis])
    near, far = (jnp.take(x, each, axis, mode="clip") for each in (before, after))
    return near + (far - near) * share


@jax.jit
def prepared(images: Images) -> Float[Array, "batch 299 299 3"]:
    """Pictures in [0, 1] as the network takes them; another extent compiles this alone again."""
    levels = jnp.round(255 * jnp.clip(images, 0, 1))
    resized = stretched(stretched(levels, 2), 1)
    return (jnp.broadcast_to(resized, (len(images), SIDE, SIDE, 3)) - 128) / 128


@dataclass(frozen=True)
class InceptionFeatures:
    """The extractor `inception`, if the weights are the standard ones.

    Attributes:
        variables: {"params": ...} of the network.
        classes: kernel of the classifier.
        name: what numbers are marked with.
        version: counts changes of the weights and of how pictures are put in.
    """

    variables: Any
    classes: Float[Array, "2048 1008"]
    name: str = "inception"
    version: str = "1"

    @property
    def dimensions(self) -> int:
        """2,048."""
        return WIDTH

    def __call__(self, images: Images) -> Float[Array, "batch 2048"]:
        """The features of pictures in [0, 1], of any extent, with one channel or three."""
        return pooled(self.variables, prepared(images))

    def logits(self, features: Float[Array, "count 2048"]) -> Float[Array, "count 1008"]:
        """How much pictures with these features belong to each class, as the Inception Score takes it.

        Without the classifier's bias: so the code of Salimans et al., arXiv:1606.03498, and torch-fidelity.
        """
        return jnp.matmul(features, self.classes, precision=EXACT)


@jax.jit
def pooled(variables: Any, x: Float[Array, "batch side side 3"]) -> Float[Array, "batch 2048"]:
    """The network's features of prepared pictures."""
    features = Inception().apply(variables, x)
    assert isinstance(features, jax.Array)
    return features
