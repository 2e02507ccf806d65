"""What another runtime's graph must be able to do, for a JAX program to be said again in it.

A dozen operations, in JAX's own sense: the interpreter of `jaxpr.py` brings every primitive down to these, so
that a format is one class with these methods and a table of its names for elementwise functions.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

Handle = Any  # a tensor of the graph, whatever that is there
Dimension = Any  # an int, or JAX's symbol for the batch
Shape = tuple[Dimension, ...]


class Kind(NamedTuple):
    """The whole shape of a tensor, and its type."""

    shape: Shape
    dtype: np.dtype


Body = Callable[[list[Handle]], list[Handle]]


class Window(NamedTuple):
    """How a convolution's kernel moves over (batch, height, width, channels).

    Attributes:
        strides: of height and width.
        padding: before and after the height, before and after the width.
        groups: that the channels fall into.
    """

    strides: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    groups: int


class Graph(Protocol):
    """A graph under construction; every method adds to it and gives the tensor that comes out."""

    def constant(self, value: np.ndarray | np.generic) -> Handle:
        """A tensor that is known."""
        ...

    def elementwise(self, name: str, *operands: Handle) -> Handle:
        """JAX's primitive of this name on operands that broadcast to one shape.

        Raises:
            KeyError: the graph has nothing for it.
        """
        ...

    def cast(self, x: Handle, dtype: np.dtype) -> Handle:
        """The same values as another type."""
        ...

    def reshape(self, x: Handle, shape: tuple[int, ...]) -> Handle:
        """The same values in another shape, of which one side at most is -1 and follows from the rest."""
        ...

    def transpose(self, x: Handle, order: Sequence[int]) -> Handle:
        """The axes in another order."""
        ...

    def concatenate(self, parts: Sequence[Handle], axis: int) -> Handle:
        """The parts one after the other along an axis."""
        ...

    def slice(self, x: Handle, axis: int, start: int, stop: int, stride: int) -> Handle:
        """A part of an axis whose extent is known."""
        ...

    def reduce(self, name: str, x: Handle, axes: Sequence[int]) -> Handle:
        """JAX's `reduce_sum`, `reduce_max` or `reduce_prod` over axes, which go."""
        ...

    def matmul(self, a: Handle, b: Handle) -> Handle:
        """(..., m, k) times (..., k, n); the dimensions before are equal, or b has none."""
        ...

    def convolve(self, x: Handle, kernel: np.ndarray, window: Window) -> Handle:
        """(batch, height, width, in) with a kernel (height, width, in / groups, out)."""
        ...

    def row(self, table: Handle, index: Handle) -> Handle:
        """The part of a tensor at a scalar index of its first axis, which stays, with extent 1."""
        ...

    def loop(self, condition: Body, body: Body, carry: list[Handle], kinds: Sequence[Kind]) -> list[Handle]:
        """`while condition(*carry): carry = body(*carry)`, with what each part of the carry is."""
        ...
