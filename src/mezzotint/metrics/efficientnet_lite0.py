"""EfficientNet-Lite0: 1,280 features of a picture, from a network trained on ImageNet.

Tan & Le, arXiv:1905.11946, table 1, in the Lite form of TensorFlow's `efficientnet/lite`: no squeezing and
exciting, ReLU6 for swish. Every convolution is followed by a BatchNorm whose statistics no longer change,
so that it is folded into the convolution's kernel and bias. A 1x1 convolution is a dense layer at each
pixel, and written as one.

How a picture is put in belongs to the extractor, and numbers made otherwise cannot be compared: float32 in
[0, 1], one channel spread to three, any extent brought to 224 x 224 by Keys' cubic filter (a = -1/2,
antialiased where it shrinks, the borders' weights renormalised), clipped to [0, 1], then (255 x - 127) / 128.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from mezzotint.arrays import Images

SIDE = 224  # pixels
STEM, HEAD = 32, 1280  # channels
EXACT = lax.Precision.HIGHEST  # or accelerators would round to 10 bits


Convolved = Float[Array, "batch less_height less_width channels"]
Kernel = Float[Array, "side side 1 channels"]


class Stage(NamedTuple):
    """Blocks one after the other; the first may have a stride, the others a shortcut."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    width: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


class Depthwise(nn.Module):
    """A convolution of each channel with a kernel of its own, as large as the input over the stride.

    Attributes:
        kernel: its side.
        stride: of the output in the input.
    """

    kernel: int
    stride: int

    @nn.compact
    def __call__(self, x: Images) -> Convolved:
        """(batch, height, width, channels) -> (batch, height / stride, width / stride, channels)."""
        channels = x.shape[-1]
        shape = (self.kernel, self.kernel, 1, channels)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape)
        bias = self.param("bias", nn.initializers.zeros_init(), (channels,))
        # XLA's grouped convolution takes four times as long on a CPU.
        ways = {"cpu": partial(tap_by_tap, self.stride), "default": partial(grouped, self.stride)}
        return bias + lax.platform_dependent(x, kernel, **ways)


def grouped(stride: int, x: Images, kernel: Kernel) -> Convolved:
    """A depthwise convolution by XLA."""
    return lax.conv_general_dilated(
        x,
        kernel,
        (stride, stride),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=x.shape[-1],
        precision=EXACT,
    )


def tap_by_tap(stride: int, x: Images, kernel: Kernel) -> Convolved:
    """A depthwise convolution as a sum over the kernel's taps of the shifted picture times a weight.

    It is a loop, since a sum of 25 terms takes XLA ten times as long to compile, and is no faster.
    """
    side, strides = len(kernel), (stride, stride)
    pads = lax.padtype_to_pads(x.shape[1:3], (side, side), strides, "SAME")
    padded = jnp.pad(x, ((0, 0), *pads, (0, 0)))
    batch, height, width, channels = padded.shape
    reach = (batch, height - side + 1, width - side + 1, channels)

    def add(tap: Array, total: Array) -> Array:
        row, column = jnp.divmod(tap, side)
        shifted = lax.dynamic_slice(padded, (0, row, column, 0), reach)
        return total + shifted[:, ::stride, ::stride] * kernel[row, column, 0]

    return lax.fori_loop(0, side**2, add, jnp.zeros_like(x[:, ::stride, ::stride]))


class Block(nn.Module):
    """Widen, convolve each channel, narrow; plus the input where the shapes agree.

    An inverted residual: Sandler et al., arXiv:1801.04381, section 3.3.

    Attributes:
        kernel: side of the convolution.
        stride: of the convolution.
        expansion: how many times as wide it becomes in between.
        width: channels of the output.
    """

    kernel: int
    stride: int
    expansion: int
    width: int

    @nn.compact
    def __call__(self, x: Images) -> Float[Array, "batch less_height less_width {self.width}"]:
        """(batch, height, width, channels) -> (batch, height / stride, width / stride, width)."""
        shortcut = x
        if self.expansion > 1:
            x = nn.relu6(nn.Dense(self.expansion * x.shape[-1], precision=EXACT, name="expand")(x))
        x = nn.relu6(Depthwise(self.kernel, self.stride, name="depthwise")(x))
        x = nn.Dense(self.width, precision=EXACT, name="project")(x)
        return x + shortcut if x.shape == shortcut.shape else x


class EfficientNetLite0(nn.Module):
    """The network without its classifier."""

    @nn.compact
    def __call__(self, x: Float[Array, "batch 224 224 3"]) -> Float[Array, "batch 1280"]:
        """The means over all places of the last channels, each in [0, 6]."""
        x = nn.relu6(nn.Conv(STEM, (3, 3), strides=2, precision=EXACT, name="stem")(x))
        number = 0
        for blocks, kernel, stride, expansion, width in STAGES:
            for index in range(blocks):
                block = Block(kernel, 1 if index else stride, expansion, width, name=f"block{number}")
                x, number = block(x), number + 1
        x = nn.relu6(nn.Dense(HEAD, precision=EXACT, name="head")(x))
        return x.mean((1, 2))


@jax.jit
def prepared(images: Images) -> Float[Array, "batch 224 224 3"]:
    """Pictures in [0, 1] as the network takes them; another extent compiles this alone again."""
    batch, _, _, channels = images.shape
    resized = jax.image.resize(images, (batch, SIDE, SIDE, channels), "cubic", precision=EXACT)
    clipped = jnp.broadcast_to(jnp.clip(resized, 0, 1), (batch, SIDE, SIDE, 3))
    return (255 * clipped - 127) / 128


@dataclass(frozen=True)
class EfficientNetFeatures:
    """The extractor `efficientnet-lite0`.

    Attributes:
        variables: {"params": ...} of the network.
    """

    variables: Any

    @property
    def name(self) -> str:
        """efficientnet-lite0."""
        return "efficientnet-lite0"

    @property
    def version(self) -> str:
        """Counts changes of the weights and of how pictures are put in."""
        return "1"

    @property
    def dimensions(self) -> int:
        """1,280."""
        return HEAD

    def __call__(self, images: Images) -> Float[Array, "batch 1280"]:
        """The features of pictures in [0, 1], of any extent, with one channel or three."""
        return _features(self.variables, prepared(images))


@jax.jit
def _features(variables: Any, x: Float[Array, "batch 224 224 3"]) -> Float[Array, "batch 1280"]:
    features = EfficientNetLite0().apply(variables, x)
    assert isinstance(features, jax.Array)
    return features
