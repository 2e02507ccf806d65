"""ONNX's operations for the interpreter of jaxprs, opset 20: https://onnx.ai/onnx/operators.

Convolutions there know channels first; each is put between two transpositions, which runtimes move together
and drop. Equal numbers are kept once. Large ones may be kept as fewer bits and widened when the file is
loaded; the computation is float32 always.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from mezzotint.export.graph import Body, Handle, Kind, Window
from mezzotint.export.quantize import MANY, Quantize, int8

OPSET = 20

PLAIN = {
    "abs": "Abs",
    "acos": "Acos",
    "add": "Add",
    "and": "And",
    "cos": "Cos",
    "div": "Div",
    "eq": "Equal",
    "exp": "Exp",
    "floor": "Floor",
    "ge": "GreaterOrEqual",
    "gt": "Greater",
    "le": "LessOrEqual",
    "log": "Log",
    "logistic": "Sigmoid",
    "lt": "Less",
    "max": "Max",
    "min": "Min",
    "mul": "Mul",
    "neg": "Neg",
    "not": "Not",
    "or": "Or",
    "pow": "Pow",
    "sign": "Sign",
    "sin": "Sin",
    "sqrt": "Sqrt",
    "sub": "Sub",
    "tanh": "Tanh",
}
REDUCED = {"reduce_max": "ReduceMax", "reduce_prod": "ReduceProd", "reduce_sum": "ReduceSum"}


class OnnxGraph:
    """A `Graph` of ONNX's nodes.

    Attributes:
        initializers: the known tensors.
        nodes: in their order.
    """

    def __init__(self, quantize: Quantize = "none") -> None:
        """An empty graph.

        Args:
            quantize: how large constants are kept.
        """
        self.initializers: list[onnx.TensorProto] = []
        self.nodes: list[onnx.NodeProto] = []
        self._quantize, self._names, self._known = quantize, 0, dict[bytes, str]()

    def constant(self, value: np.ndarray | np.generic) -> Handle:
        """A tensor that is known, kept once."""
        return self._weights(np.asarray(value))

    def elementwise(self, name: str, *operands: Handle) -> Handle:
        """One node, or a few."""
        if name in COMPOSED:
            return COMPOSED[name](self, *operands)
        return self._node(PLAIN[name], *operands)

    def cast(self, x: Handle, dtype: np.dtype) -> Handle:
        """Cast."""
        return self._node("Cast", x, to=helper.np_dtype_to_tensor_dtype(dtype))

    def reshape(self, x: Handle, shape: tuple[int, ...]) -> Handle:
        """Reshape, in which -1 follows from the rest."""
        return self._node("Reshape", x, self._numbers(shape))

    def transpose(self, x: Handle, order: Sequence[int]) -> Handle:
        """Transpose."""
        return self._node("Transpose", x, perm=list(order))

    def concatenate(self, parts: Sequence[Handle], axis: int) -> Handle:
        """Concat."""
        return self._node("Concat", *parts, axis=axis)

    def slice(self, x: Handle, axis: int, start: int, stop: int, stride: int) -> Handle:
        """Slice of one axis."""
        return self._node("Slice", x, *(self._numbers([each]) for each in (start, stop, axis, stride)))

    def reduce(self, name: str, x: Handle, axes: Sequence[int]) -> Handle:
        """ReduceSum and its like."""
        return self._node(REDUCED[name], x, self._numbers(axes), keepdims=0)

    def matmul(self, a: Handle, b: Handle) -> Handle:
        """MatMul."""
        return self._node("MatMul", a, b)

    def convolve(self, x: Handle, kernel: np.ndarray, window: Window) -> Handle:
        """Conv, between two transpositions."""
        (top, bottom), (left, right) = window.padding
        found = self._node(
            "Conv",
            self.transpose(x, (0, 3, 1, 2)),
            self._weights(kernel.transpose(3, 2, 0, 1), output_axis=0),
            strides=list(window.strides),
            pads=[top, left, bottom, right],
            group=window.groups,
        )
        return self.transpose(found, (0, 2, 3, 1))

    def row(self, table: Handle, index: Handle) -> Handle:
        """Gather of one row."""
        return self._node("Gather", table, self.reshape(index, (1,)), axis=0)

    def loop(self, condition: Body, body: Body, carry: list[Handle], kinds: Sequence[Kind]) -> list[Handle]:
        """Loop: its body computes whether there is another round."""
        (first,) = condition(carry)
        names = [self._name() for _ in carry]
        outside, self.nodes = self.nodes, []
        found = [self._node("Identity", handle) for handle in body(names)]
        (again,) = condition(found)
        inside, self.nodes = self.nodes, outside
        truth = _info(self._name(), ANSWER)
        given = [_info(self._name(), ROUND), truth, *map(_info, names, kinds)]
        graph = helper.make_graph(inside, "body", given, [_info(again, ANSWER), *map(_info, found, kinds)])
        results = [self._name() for _ in carry]
        self.nodes.append(helper.make_node("Loop", ["", first, *carry], results, body=graph))
        return results

    def _node(self, kind: str, *operands: Handle, **attributes: Any) -> Handle:
        name = self._name()
        self.nodes.append(helper.make_node(kind, list(operands), [name], **attributes))
        return name

    def _name(self) -> str:
        self._names += 1
        return f"v{self._names}"

    def _numbers(self, values: Sequence[int]) -> str:
        return self._kept(np.asarray(values, np.int64))

    def _weights(self, value: np.ndarray, output_axis: int = -1) -> str:
        """Numbers, fewer bits of them where there are many."""
        if self._quantize == "none" or value.dtype != np.float32 or value.size < MANY:
            return self._kept(value)
        if self._quantize == "float16":
            return self.cast(self._kept(value.astype(np.float16)), np.dtype(np.float32))
        whole, scale = int8(value, output_axis)
        return self._node(
            "DequantizeLinear", self._kept(whole), self._kept(scale), axis=output_axis % value.ndim
        )

    def _kept(self, value: np.ndarray) -> str:
        key = hashlib.sha256(f"{value.dtype} {value.shape}".encode() + value.tobytes()).digest()
        if key not in self._known:
            self._known[key] = self._name()
            whole = np.ascontiguousarray(value).reshape(value.shape)
            self.initializers.append(numpy_helper.from_array(whole, self._known[key]))
        return self._known[key]


ROUND, ANSWER = Kind((), np.dtype(np.int64)), Kind((), np.dtype(bool))


def _info(name: str, kind: Kind) -> onnx.ValueInfoProto:
    """A tensor with its type, of any batch where its size is not known."""
    shape = [size if isinstance(size, int) else "batch" for size in kind.shape]
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(kind.dtype), shape)


def _rsqrt(graph: OnnxGraph, x: Handle) -> Handle:
    return graph.elementwise("div", graph.constant(np.float32(1)), graph.elementwise("sqrt", x))


def _select(graph: OnnxGraph, which: Handle, first: Handle, second: Handle) -> Handle:
    """JAX takes the first where `which` is 0, ONNX where it is 1."""
    return graph._node("Where", which, second, first)


def _clamp(graph: OnnxGraph, low: Handle, x: Handle, high: Handle) -> Handle:
    return graph.elementwise("min", graph.elementwise("max", x, low), high)


def _atan2(graph: OnnxGraph, y: Handle, x: Handle) -> Handle:
    """2 arctan(y / (hypot(x, y) + x)): the half angle, which has no quadrants; not for y = 0 > x."""
    square = lambda value: graph.elementwise("mul", value, value)  # noqa: E731
    length = graph.elementwise("sqrt", graph.elementwise("add", square(x), square(y)))
    tangent = graph.elementwise("div", y, graph.elementwise("add", length, x))
    half = graph._node("Atan", tangent)
    return graph.elementwise("add", half, half)


COMPOSED: dict[str, Callable[..., Handle]] = {
    "atan2": _atan2,
    "clamp": _clamp,
    "rsqrt": _rsqrt,
    "select_n": _select,
}
