"""A convolution and the BatchNorm after it as one convolution."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from flax.traverse_util import unflatten_dict
from jaxtyping import Float

EPSILON = 1e-3  # of the BatchNorms

Tensors = Mapping[str, np.ndarray]
Kernel = Float[np.ndarray, "height width inputs outputs"]
Bias = Float[np.ndarray, "outputs"]


class Norm(NamedTuple):
    """A BatchNorm whose statistics no longer change.

    Attributes:
        beta: what is added.
        mean: of what comes in.
        variance: of what comes in.
        gamma: what is multiplied by.
    """

    beta: Bias
    mean: Bias
    variance: Bias
    gamma: Bias | float = 1.0


def folded(kernel: Kernel, norm: Norm) -> tuple[Kernel, Bias]:
    """Kernel and bias of a convolution and the BatchNorm after it.

    (w * x - mean) gamma / sqrt(variance + epsilon) + beta: Ioffe & Szegedy, arXiv:1502.03167, section 3.1.
    """
    scale = norm.gamma / np.sqrt(norm.variance + EPSILON)
    return kernel * scale, norm.beta - norm.mean * scale


def of_torch(tensors: Tensors, convolution: str, norm: str) -> tuple[Kernel, Bias]:
    """The same of two of PyTorch's modules, by their names."""
    names = ("bias", "running_mean", "running_var", "weight")
    kernel = tensors[f"{convolution}.weight"].transpose(2, 3, 1, 0)
    return folded(kernel, Norm(*(tensors[f"{norm}.{name}"] for name in names)))


def parameters(convolutions: Iterable[tuple[str, tuple[Kernel, Bias]]]) -> dict[str, Any]:
    """Those of a network whose 1x1 convolutions are dense layers.

    Args:
        convolutions: each one's place, the modules' names with points between, with its kernel and bias.
    """
    flat: dict[tuple[str, ...], np.ndarray] = {}
    for name, (kernel, bias) in convolutions:
        flat[*name.split("."), "kernel"] = kernel[0, 0] if kernel.shape[:2] == (1, 1) else kernel
        flat[*name.split("."), "bias"] = bias
    return unflatten_dict(flat)
