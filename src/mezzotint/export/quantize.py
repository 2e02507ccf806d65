"""Weights in fewer bits: halves, or whole numbers with a scale for each output channel."""

from typing import Literal

import numpy as np
from jaxtyping import Float32, Int8

Quantize = Literal["none", "float16", "int8"]

MANY = 1024  # numbers of a tensor, below which fewer bits save nothing


def int8(
    weights: Float32[np.ndarray, "..."], output_axis: int = -1
) -> tuple[Int8[np.ndarray, "..."], Float32[np.ndarray, " outputs"]]:
    """Whole numbers in [-127, 127], and for each output what one of them is worth.

    Symmetric and for each channel: Krishnamoorthi, arXiv:1806.08342, section 2.
    """
    others = tuple(axis for axis in range(weights.ndim) if axis != output_axis % weights.ndim)
    largest = np.abs(weights).max(axis=others, keepdims=True)
    scale = np.where(largest > 0, largest, 1).astype(np.float32) / np.float32(127)
    return np.rint(weights / scale).astype(np.int8), scale.reshape(-1)
