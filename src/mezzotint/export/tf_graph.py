"""A JAX program as plain TensorFlow operations: what SavedModel, TFLite and TF.js have in common.

Runtimes for phones and browsers have few kernels beyond four axes, so that axes that stay together travel as
one: `(batch, h, 2, w, 2, c) -> (batch, h, w, 2, 2, c)` is a transposition of four axes, and a sum over
`(1, 2, 4)` is two sums over the middle one of three.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from mezzotint.errors import UserError
from mezzotint.export.graph import Body, Handle, Kind, Window
from mezzotint.export.jaxpr import emit
from mezzotint.export.program import ANY, Program, trace

Weight = Callable[[np.ndarray], Handle]

MATH = {
    "abs": "abs",
    "acos": "acos",
    "add": "add",
    "and": "logical_and",
    "asin": "asin",
    "atan": "atan",
    "atan2": "atan2",
    "ceil": "ceil",
    "cos": "cos",
    "div": "divide",
    "eq": "equal",
    "erf": "erf",
    "exp": "exp",
    "floor": "floor",
    "ge": "greater_equal",
    "gt": "greater",
    "le": "less_equal",
    "log": "log",
    "log1p": "log1p",
    "logistic": "sigmoid",
    "lt": "less",
    "max": "maximum",
    "min": "minimum",
    "mul": "multiply",
    "ne": "not_equal",
    "neg": "negative",
    "not": "logical_not",
    "or": "logical_or",
    "pow": "pow",
    "rsqrt": "rsqrt",
    "sign": "sign",
    "sin": "sin",
    "sqrt": "sqrt",
    "sub": "subtract",
    "tan": "tan",
    "tanh": "tanh",
}
"""JAX's elementwise primitives, and the functions of `tf.math` with the same operands."""


@cache
def tensorflow() -> ModuleType:
    """TensorFlow, which takes seconds to import, kept off accelerators, which are JAX's.

    Raises:
        UserError: it is not installed.
    """
    try:
        import tensorflow  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise UserError(
            "this format needs TensorFlow, which is not installed: pip install 'mezzotint[tf]'"
        ) from error
    tensorflow.config.set_visible_devices([], "GPU")
    return tensorflow


def constant(value: np.ndarray) -> Handle:
    """A tensor that is known."""
    return tensorflow().constant(value)


def function(program: Program, batch: int | None = ANY, weight: Weight = constant) -> Any:
    """The program as a `tf.function`, its inputs and outputs under their names.

    Args:
        program: what to say again.
        batch: the one that it takes; any where None.
        weight: what becomes of the network's weights.

    Raises:
        UserError: TensorFlow is not installed; when it is traced, a primitive cannot be said in it.
    """
    jaxpr = trace(program, batch)
    return named(program, batch, lambda *inputs: emit(TensorFlowGraph(weight), jaxpr, inputs))


def named(program: Program, batch: int | None, call: Callable[..., Sequence[Handle]]) -> Any:
    """A function of tensors as a `tf.function` with the program's inputs and outputs."""
    tf = tensorflow()

    def run(*inputs: Handle) -> dict[str, Handle]:
        found = call(*inputs)
        return {name: tf.identity(each, name) for name, each in zip(program.outputs, found, strict=True)}

    return tf.function(run, input_signature=signature(program, batch), autograph=False)


def signature(program: Program, batch: int | None = ANY) -> list[Any]:
    """The inputs as TensorFlow describes them."""
    tf = tensorflow()
    return [tf.TensorSpec((batch, *of.shape), of.dtype, name) for name, of in program.inputs.items()]


@dataclass(frozen=True)
class TensorFlowGraph:
    """The graph of the `tf.function` that is being traced.

    Attributes:
        weight: keeps what is known and has two axes or more.
    """

    weight: Weight = constant

    def constant(self, value: np.ndarray | np.generic) -> Handle:
        """A tensor that is known."""
        known = np.asarray(value)
        return self.weight(known) if known.ndim > 1 else constant(known)

    def elementwise(self, name: str, *operands: Handle) -> Handle:
        """JAX's primitive of this name on operands that broadcast to one shape.

        Raises:
            KeyError: there is nothing for it.
        """
        tf = tensorflow()
        if name == "clamp":
            low, x, high = operands
            return tf.minimum(tf.maximum(x, low), high)
        if name == "select_n":
            which, no, yes = operands
            return tf.where(which, yes, no)
        if name == "add" and _is_bias(*operands):
            return tf.nn.bias_add(*operands)
        return getattr(tf.math, MATH[name])(*operands)

    def cast(self, x: Handle, dtype: np.dtype) -> Handle:
        """The same values as another type."""
        return tensorflow().cast(x, dtype)

    def reshape(self, x: Handle, shape: tuple[int, ...]) -> Handle:
        """The same values in another shape, of which one side at most is -1 and follows from the rest."""
        return tensorflow().reshape(x, shape)

    def transpose(self, x: Handle, order: Sequence[int]) -> Handle:
        """The axes in another order; those that stay neighbours move as one."""
        runs = _runs(order)
        sizes = _sizes(x)
        before = sorted(runs)
        merged = self.reshape(x, _merged(sizes, before))
        moved = tensorflow().transpose(merged, [before.index(run) for run in runs])
        return self.reshape(moved, tuple(sizes[axis] for axis in order))

    def concatenate(self, parts: Sequence[Handle], axis: int) -> Handle:
        """The parts one after the other along an axis."""
        return tensorflow().concat(parts, axis)

    def slice(self, x: Handle, axis: int, start: int, stop: int, stride: int) -> Handle:
        """A part of an axis whose extent is known."""
        return x[(*[slice(None)] * axis, slice(start, stop, stride))]

    def reduce(self, name: str, x: Handle, axes: Sequence[int]) -> Handle:
        """`reduce_sum` and its like over axes, which go: neighbours at once, the last first."""
        reduce = getattr(tensorflow(), name)
        for run in reversed(_runs(sorted(axes))):
            sizes = _sizes(x)
            first, last = sizes[: run[0]], sizes[run[-1] + 1 :]
            groups = [range(run[0]), run, range(run[-1] + 1, len(sizes))]
            x = reduce(self.reshape(x, _merged(sizes, groups)), axis=1)
            x = self.reshape(x, (*first, *last))
        return x

    def matmul(self, a: Handle, b: Handle) -> Handle:
        """(..., m, k) times (..., k, n); the dimensions before are equal, or b has none."""
        tf = tensorflow()
        if len(b.shape) > 2 or len(a.shape) == 2:
            return tf.matmul(a, b)
        sizes = _sizes(a)
        rows = tf.matmul(self.reshape(a, (-1, sizes[-1])), b)
        return self.reshape(rows, (*sizes[:-1], _sizes(b)[-1]))

    def convolve(self, x: Handle, kernel: np.ndarray, window: Window) -> Handle:
        """(batch, height, width, in) with a kernel (height, width, in / groups, out)."""
        tf = tensorflow()
        if window.groups != 1:
            raise KeyError("conv_general_dilated")
        if window.padding != _same_padding(x.shape[1:3], kernel.shape[:2], window.strides):
            x, padding = tf.pad(x, [(0, 0), *window.padding, (0, 0)]), "VALID"
        else:
            padding = "SAME"
        return tf.nn.conv2d(x, self.constant(kernel), window.strides, padding)

    def row(self, table: Handle, index: Handle) -> Handle:
        """The part of a tensor at a scalar index of its first axis, which stays, with extent 1."""
        return tensorflow().gather(table, [index])

    def loop(self, condition: Body, body: Body, carry: list[Handle], kinds: Sequence[Kind]) -> list[Handle]:
        """`while condition(*carry): carry = body(*carry)`, with what each part of the carry is."""
        tf = tensorflow()
        shapes = [[size if isinstance(size, int) else None for size in kind.shape] for kind in kinds]
        return tf.while_loop(
            lambda *now: condition(list(now))[0],
            lambda *now: body(list(now)),
            carry,
            shape_invariants=[tf.TensorShape(shape) for shape in shapes],
        )


def _is_bias(x: Handle, vector: Handle) -> bool:
    """Whether a number is added for each channel, which converters join to the convolution before it."""
    return len(x.shape) > 1 and vector.shape == x.shape[-1:]


def _sizes(x: Handle) -> tuple[int, ...]:
    """A tensor's shape for a reshape: the batch, where its size is not known, follows from the rest."""
    return tuple(-1 if size is None else size for size in x.shape)


def _runs(axes: Sequence[int]) -> list[list[int]]:
    """Axes cut into runs of numbers that follow each other."""
    runs: list[list[int]] = []
    for axis in axes:
        if runs and runs[-1][-1] + 1 == axis:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    return runs


def _merged(sizes: tuple[int, ...], groups: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """A shape with each group of axes made one; the group with the batch follows from the rest."""
    found = [[sizes[axis] for axis in group] for group in groups]
    return tuple(-1 if -1 in group else math.prod(group) for group in found)


def _same_padding(
    sides: Sequence[int], kernel: Sequence[int], strides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """What TensorFlow's SAME puts before and after each side: as much as gives ceil(side / stride) pixels."""
    totals = [
        max((-(-side // stride) - 1) * stride + extent - side, 0)
        for side, extent, stride in zip(sides, kernel, strides, strict=True)
    ]
    return tuple((total // 2, total - total // 2) for total in totals)
