"""A convolution and the BatchNorm after it as one convolution, from PyTorch's tensors."""

from collections.abc import Mapping

import numpy as np

EPSILON = 1e-3  # of the BatchNorms

Tensors = Mapping[str, np.ndarray]


def folded(tensors: Tensors, convolution: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (height, width, in, out) and bias of a convolution and the BatchNorm after it.

    (w * x - mean) gamma / sqrt(variance + epsilon) + beta: Ioffe & Szegedy, arXiv:1502.03167, section 3.1.
    """
    gamma, beta, mean, variance = (
        tensors[f"{norm}.{name}"] for name in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / np.sqrt(variance + EPSILON)
    kernel = tensors[f"{convolution}.weight"].transpose(2, 3, 1, 0)
    return kernel * scale, beta - mean * scale
