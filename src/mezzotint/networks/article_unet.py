"""The article's UNet: 2,638,755 parameters at its settings, for three channels.

A port of the Keras DDIM example's network. Each stage is a few residual blocks; on the way down every
block's output is kept, and on the way up it is concatenated before the block that mirrors it. The noise
level enters once, as a sinusoidal embedding spread over the picture beside the first convolution.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mezzotint.arrays import Images
from mezzotint.networks.condition import UNCONDITIONED, Condition, Conditioned
from mezzotint.networks.layers import average_pool, sinusoidal_embedding, spread, upsample


class ResidualBlock(nn.Module):
    """BatchNorm, 3x3 conv, swish, 3x3 conv, plus the input, through a conv where channels change.

    Attributes:
        width: channels of the output.
        dtype: of the computation; parameters and statistics stay float32.
    """

    width: int
    dtype: str = "float32"

    @nn.compact
    def __call__(self, x: Images, train: bool) -> Float[Array, "batch height width {self.width}"]:
        """A picture of as many pixels, with the block's width of channels."""
        same = x.shape[-1] == self.width
        shortcut = x if same else nn.Conv(self.width, (3, 3), dtype=self.dtype, name="shortcut")(x)
        x = nn.BatchNorm(
            use_running_average=not train,
            use_bias=False,
            use_scale=False,
            dtype=self.dtype,
            name="norm",
        )(x)
        x = nn.Conv(self.width, (3, 3), dtype=self.dtype, name="first")(x)
        x = nn.Conv(self.width, (3, 3), dtype=self.dtype, name="second")(jax.nn.swish(x))
        return x + shortcut


class ArticleUNet(nn.Module):
    """The network of the article's worked example.

    Attributes:
        widths: channels of the stages from the finest to the bottom; each stage but the bottom halves
            the picture, so its sides must be divisible by 2 ** (len(widths) - 1).
        depth: residual blocks a stage.
        stem: channels of the first convolution.
        embedding: dimensions of the noise embedding.
        max_frequency: the embedding's highest frequency; its lowest is 1.
        dtype: of the computation, `float32` or `bfloat16`; parameters stay float32.
    """

    widths: tuple[int, ...] = (32, 64, 96, 128)
    depth: int = 2
    stem: int = 32
    embedding: int = 32
    max_frequency: float = 1000.0
    dtype: str = "float32"

    @property
    def divisor(self) -> int:
        """What both sides of a picture must be divisible by."""
        return 2 ** (len(self.widths) - 1)

    @nn.compact
    def __call__(
        self,
        x: Images,
        level: Float[Array, " batch"],
        condition: Condition = UNCONDITIONED,
        *,
        train: bool,
    ) -> Images:
        """The output for noisy images x at noise levels in [0, 1], float32 and shaped like x."""
        channels = x.shape[-1]
        embedding = sinusoidal_embedding(level, self.embedding, self.max_frequency)
        embedding = Conditioned(self.dtype, name="condition")(embedding, condition)
        x = nn.Conv(self.stem, (1, 1), dtype=self.dtype, name="stem")(x)
        x = jnp.concatenate([x, spread(embedding.astype(x.dtype), x)], axis=-1)
        skips = []
        for stage, width in enumerate(self.widths[:-1]):
            for block in range(self.depth):
                x = ResidualBlock(width, self.dtype, name=f"down{stage}_{block}")(x, train)
                skips.append(x)
            x = average_pool(x)
        for block in range(self.depth):
            x = ResidualBlock(self.widths[-1], self.dtype, name=f"bottom_{block}")(x, train)
        for stage, width in reversed(list(enumerate(self.widths[:-1]))):
            x = upsample(x)
            for block in range(self.depth):
                x = jnp.concatenate([x, skips.pop()], axis=-1)
                x = ResidualBlock(width, self.dtype, name=f"up{stage}_{block}")(x, train)
        zeros = nn.initializers.zeros_init()
        return nn.Conv(channels, (1, 1), dtype=self.dtype, kernel_init=zeros, name="output")(x).astype(
            jnp.float32
        )
