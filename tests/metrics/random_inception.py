"""Weights of the FID network and of Keras', and pictures that any program with NumPy can draw again.

`RandomState` is frozen: it gives the same numbers in every version of NumPy.
"""

from zlib import crc32

import numpy as np

EXTENTS = ((37, 53), (300, 299), (411, 340))  # height and width of the pictures, pixels


def drawn(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A tensor of a state dict, float32, from its name: kernels (out, in, ...) keep the variance."""
    random = np.random.RandomState(crc32(name.encode()))
    if len(shape) > 1:
        reach = np.sqrt(6 / np.prod(shape[1:]))  # He et al., arXiv:1502.01852, eq. 10, uniform
        return random.uniform(-reach, reach, shape).astype(np.float32)
    low, high = (0.6, 1.4) if name.endswith(("bn.weight", "running_var", "moving_variance")) else (-0.2, 0.2)
    return random.uniform(low, high, shape).astype(np.float32)


def drawn_layer(name: str, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """The arrays of a layer of Keras, by name: a kernel (height, width, in, out), or a BatchNorm's three."""
    if len(shape) > 1:
        height, width, inputs, outputs = shape
        kernel = drawn(f"{name}/kernel", (outputs, inputs, height, width))
        return {"kernel": kernel.transpose(2, 3, 1, 0)}
    return {kind: drawn(f"{name}/{kind}", shape) for kind in ("beta", "moving_mean", "moving_variance")}


def picture(height: int, width: int) -> np.ndarray:
    """Patches of colour with noise on them, uint8 (height, width, 3)."""
    random = np.random.RandomState(height)
    patches = random.randint(0, 256, (6, 7, 3))
    rows, columns = np.arange(height) * 6 // height, np.arange(width) * 7 // width
    noisy = patches[rows][:, columns] + random.randint(-30, 31, (height, width, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def scores(count: int = 53, classes: int = 12) -> np.ndarray:
    """Logits, float32 (count, classes)."""
    return (3 * np.random.RandomState(0).standard_normal((count, classes))).astype(np.float32)
