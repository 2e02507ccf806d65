"""Says a JAX program again in the operations of another graph: an interpreter of jaxprs.

It walks the equations in their order. What depends on no input is computed by JAX at once, so that
schedules, embeddings' frequencies and folded batch statistics leave as numbers. A broadcast only adds axes of
extent 1: operands of elementwise functions broadcast by themselves, and a tensor is spread to its whole shape
no sooner than an operation needs it. A batch of any size is one symbolic dimension, which reshapes infer.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal, Var

from mezzotint.errors import UserError
from mezzotint.export.graph import Body, Dimension, Graph, Handle, Kind, Shape, Window

CALLS = {"jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr"}
SAME = {"stop_gradient", "copy", "optimization_barrier"}


class Node(NamedTuple):
    """A tensor of the graph.

    Attributes:
        handle: the graph's own name for it.
        shape: what it has there: where JAX's shape has more, an axis of extent 1 stands for equal values.
    """

    handle: Handle
    shape: Shape


Value = np.ndarray | Node
Equation = Any  # JAX types an aval as one without shape and dtype


class Scope(NamedTuple):
    """Where a program is said again.

    Attributes:
        graph: takes the operations.
        ones: a 1 for each picture of a batch whose size is not known; None where it is.
    """

    graph: Graph
    ones: Node | None


Rule = Callable[[Scope, Equation, list[Value]], list[Value]]


def emit(graph: Graph, program: ClosedJaxpr, operands: Sequence[Handle]) -> list[Handle]:
    """Adds a program to a graph.

    Args:
        graph: where it goes.
        program: its inputs and outputs have whole shapes.
        operands: the graph's tensors for its inputs.

    Returns:
        The graph's tensors for its outputs.

    Raises:
        UserError: a primitive that has no rule, or that the graph has nothing for, with its name.
    """
    inputs = [
        Node(handle, _kind(var).shape) for handle, var in zip(operands, program.jaxpr.invars, strict=True)
    ]
    scope = Scope(graph, _ones(graph, inputs))
    return _run_whole(scope, program, inputs)


def _ones(graph: Graph, inputs: list[Node]) -> Node | None:
    """A 1 for each picture, made of an input, for its batch is the one that counts."""
    x = next((each for each in inputs if each.shape and not isinstance(each.shape[0], int)), None)
    if x is None:
        return None
    handle = x.handle
    for axis in range(1, len(x.shape)):
        handle = graph.slice(handle, axis, 0, 1, 1)
    zeros = graph.elementwise("sub", handle, handle)
    ones = graph.elementwise("add", zeros, graph.constant(np.float32(1)))
    return Node(graph.reshape(ones, (-1,)), x.shape[:1])


def _kind(atom: Any) -> Any:
    """Shape and type of a jaxpr's variable or literal."""
    return atom.aval


def _run_whole(scope: Scope, program: ClosedJaxpr, operands: Sequence[Value]) -> list[Handle]:
    """Runs a program whose outputs must have their whole shapes."""
    found = _run(scope, program, operands)
    return [
        _handle(scope, _whole(scope, value, _kind(var).shape))
        for value, var in zip(found, program.jaxpr.outvars, strict=True)
    ]


def _run(scope: Scope, program: ClosedJaxpr, operands: Sequence[Value]) -> list[Value]:
    jaxpr = program.jaxpr
    known: dict[Var, Value] = dict(zip(jaxpr.constvars, map(_known, program.consts), strict=True))
    known.update(zip(jaxpr.invars, operands, strict=True))

    def read(atom: Var | Literal) -> Value:
        return np.asarray(atom.val, _kind(atom).dtype) if isinstance(atom, Literal) else known[atom]

    for equation in _live(jaxpr):
        found = _equation(scope, equation, [read(atom) for atom in equation.invars])
        known.update(zip(equation.outvars, found, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _known(value: Any) -> np.ndarray | Any:
    """A constant as numbers; random keys stay what they are, for nothing but dead code may use them."""
    return value if jnp.issubdtype(value.dtype, jax.dtypes.prng_key) else np.asarray(value)


def _live(jaxpr: Jaxpr) -> list[Equation]:
    """The equations that an output depends on."""
    needed = {atom for atom in jaxpr.outvars if isinstance(atom, Var)}
    kept = []
    for equation in reversed(jaxpr.eqns):
        if needed.intersection(equation.outvars):
            kept.append(equation)
            needed.update(atom for atom in equation.invars if isinstance(atom, Var))
    return kept[::-1]


def _equation(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    name = equation.primitive.name
    if name in CALLS:
        return _run(scope, _closed(equation.params[CALLS[name]]), operands)
    if name in SAME:
        return operands
    if _can_compute(equation, operands):
        return _computed(equation, operands)
    try:
        return RULES.get(name, _elementwise)(scope, equation, operands)
    except KeyError:
        raise UserError(
            f"the primitive {name} cannot be exported to this format: use --format stablehlo, which takes all"
        ) from None


def _closed(jaxpr: ClosedJaxpr | Jaxpr) -> ClosedJaxpr:
    return jaxpr if isinstance(jaxpr, ClosedJaxpr) else ClosedJaxpr(jaxpr, ())


def _can_compute(equation: Equation, operands: list[Value]) -> bool:
    """Whether all is known, the batch's size included."""
    sizes = [size for var in equation.outvars for size in var.aval.shape]
    return not any(isinstance(value, Node) for value in operands) and all(
        isinstance(size, int) for size in sizes
    )


def _computed(equation: Equation, operands: list[Value]) -> list[Value]:
    with jax.ensure_compile_time_eval():
        found = equation.primitive.bind(*map(jnp.asarray, operands), **equation.params)
    return [_known(value) for value in (found if equation.primitive.multiple_results else [found])]


def _handle(scope: Scope, value: Value) -> Handle:
    return value.handle if isinstance(value, Node) else scope.graph.constant(value)


def _sizes(shape: Shape) -> tuple[int, ...]:
    """A shape for a reshape: the batch, where its size is not known, follows from the rest."""
    return tuple(size if isinstance(size, int) else -1 for size in shape)


def _whole(scope: Scope, value: Value, shape: Shape) -> Value:
    """A value spread to its whole shape: multiplied by ones, which every runtime understands."""
    if tuple(value.shape) == tuple(shape):
        return value
    if not isinstance(value, Node) and all(isinstance(size, int) for size in shape):
        return np.broadcast_to(value, shape)
    pairs = list(zip(shape, value.shape, strict=True))
    handle = _handle(scope, value)
    for axis, (size, now) in enumerate(pairs):
        if size != now and not isinstance(size, int):
            assert scope.ones is not None, "a batch of unknown size has an input"
            ones = _reshaped(scope, scope.ones, tuple(size if at == axis else 1 for at in range(len(shape))))
            handle = scope.graph.elementwise("mul", handle, _handle(scope, ones))
    spread = [size if isinstance(size, int) and size != now else 1 for size, now in pairs]
    if set(spread) != {1}:
        ones = scope.graph.constant(np.ones(spread, "float32"))
        handle = scope.graph.elementwise("mul", handle, ones)
    return Node(handle, shape)


def _elementwise(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    if not any(isinstance(value, Node) for value in operands):  # equal numbers for each picture of a batch
        return _computed(equation, list(np.broadcast_arrays(*operands)))
    rank = max(len(value.shape) for value in operands)
    sizes = zip(*((1,) * (rank - len(value.shape)) + tuple(value.shape) for value in operands), strict=True)
    kept = max(len(value.shape) for value in operands if isinstance(value, Node))
    handles = [_handle(scope, _trimmed(value, kept)) for value in operands]
    found = scope.graph.elementwise(equation.primitive.name, *handles)
    return [Node(found, tuple(_common(each) for each in sizes))]


def _common(sizes: tuple[Dimension, ...]) -> Dimension:
    """What extents that broadcast to one come to."""
    return next((size for size in sizes if not isinstance(size, int) or size != 1), 1)


def _trimmed(value: Value, rank: int) -> Value:
    """Numbers without leading axes of extent 1, so that runtimes see the bias or scale that they are.

    Beside a tensor of fewer than their axes they keep them, for the result has them.
    """
    if isinstance(value, Node) or value.ndim > rank:
        return value
    leading = next((axis for axis, size in enumerate(value.shape) if size != 1), value.ndim)
    return value.reshape(value.shape[leading:])


def _square(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    (x,) = operands
    return [Node(scope.graph.elementwise("mul", _handle(scope, x), _handle(scope, x)), x.shape)]


def _integer_power(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    (x,), power = operands, equation.params["y"]
    result = _handle(scope, x)
    for _ in range(abs(power) - 1):
        result = scope.graph.elementwise("mul", result, _handle(scope, x))
    if power < 0:
        result = scope.graph.elementwise("div", scope.graph.constant(np.float32(1)), result)
    return [Node(result, x.shape)]


def _expm1(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    """exp(x) - 1 = 2 h / (1 - h) with h = tanh(x / 2), which loses no digits near 0."""
    (x,) = operands
    number = lambda value: scope.graph.constant(np.float32(value))  # noqa: E731
    half = scope.graph.elementwise("tanh", scope.graph.elementwise("mul", _handle(scope, x), number(0.5)))
    twice = scope.graph.elementwise("mul", half, number(2))
    rest = scope.graph.elementwise("sub", number(1), half)
    return [Node(scope.graph.elementwise("div", twice, rest), x.shape)]


def _convert(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    (x,) = operands
    return [Node(scope.graph.cast(_handle(scope, x), np.dtype(equation.params["new_dtype"])), x.shape)]


def _broadcast(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    """New axes of extent 1; whoever needs more spreads them."""
    x, rank = operands[0], len(equation.params["shape"])
    shape: list[Any] = [1] * rank
    for axis, size in zip(equation.params["broadcast_dimensions"], x.shape, strict=True):
        shape[axis] = size
    return [_reshaped(scope, x, tuple(shape))]


def _reshaped(scope: Scope, x: Value, shape: Shape) -> Value:
    if not isinstance(x, Node):
        return x.reshape(_sizes(shape))
    if tuple(x.shape) == tuple(shape):
        return x
    return Node(scope.graph.reshape(x.handle, _sizes(shape)), shape)


def _operand(scope: Scope, equation: Equation, operands: list[Value], place: int = 0) -> Value:
    """An operand in its whole shape."""
    return _whole(scope, operands[place], equation.invars[place].aval.shape)


def _reshape(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    return [_reshaped(scope, _operand(scope, equation, operands), equation.outvars[0].aval.shape)]


def _squeeze(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    x, gone = operands[0], equation.params["dimensions"]
    return [_reshaped(scope, x, tuple(size for axis, size in enumerate(x.shape) if axis not in gone))]


def _transpose(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    return [_moved(scope, operands[0], equation.params["permutation"])]


def _concatenate(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    parts = [_operand(scope, equation, operands, place) for place in range(len(operands))]
    handles = [_handle(scope, part) for part in parts]
    return [
        Node(scope.graph.concatenate(handles, equation.params["dimension"]), equation.outvars[0].aval.shape)
    ]


def _slice(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    params, shape = equation.params, equation.invars[0].aval.shape
    bounds = zip(
        params["start_indices"], params["limit_indices"], params["strides"] or [1] * len(shape), strict=True
    )
    x = operands[0]
    for axis, (start, stop, stride) in enumerate(bounds):
        x = _part(scope, x, shape, axis, slice(start, stop, stride))
    return [x]


def _part(scope: Scope, x: Value, shape: Shape, axis: int, part: slice) -> Value:
    """Some of an axis of a value whose whole shape is `shape`."""
    if (part.start, part.stop, part.step) == (0, shape[axis], 1) or x.shape[axis] == 1 != shape[axis]:
        return x
    if not isinstance(x, Node):
        return x[(slice(None),) * axis + (part,)]
    found = scope.graph.slice(x.handle, axis, part.start, part.stop, part.step)
    size = len(range(part.start, part.stop, part.step))
    return Node(found, (*x.shape[:axis], size, *x.shape[axis + 1 :]))


def _split(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    axis, shape = equation.params["axis"], equation.invars[0].aval.shape
    stops = np.cumsum(equation.params["sizes"]).tolist()
    starts = [0, *stops[:-1]]
    return [
        _part(scope, operands[0], shape, axis, slice(start, stop, 1))
        for start, stop in zip(starts, stops, strict=True)
    ]


def _reduce(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    x, axes = _operand(scope, equation, operands), equation.params["axes"]
    found = scope.graph.reduce(equation.primitive.name, _handle(scope, x), axes)
    return [Node(found, tuple(size for axis, size in enumerate(x.shape) if axis not in axes))]


def _convolve(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    params, kernel = equation.params, operands[1]
    numbers = params["dimension_numbers"]
    plain = (
        numbers.lhs_spec == (0, 3, 1, 2)
        and numbers.rhs_spec == (3, 2, 0, 1)
        and numbers.out_spec == (0, 3, 1, 2)
    )
    undilated = {*params["lhs_dilation"], *params["rhs_dilation"], params["batch_group_count"]} == {1}
    if not (plain and undilated and isinstance(kernel, np.ndarray)):
        raise UserError(
            "only convolutions (batch, height, width, channels) with known kernels can be exported"
        )
    window = Window(params["window_strides"], params["padding"], params["feature_group_count"])
    x = _operand(scope, equation, operands)
    return [Node(scope.graph.convolve(_handle(scope, x), kernel, window), equation.outvars[0].aval.shape)]


def _dot(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    """(batch, free, contracted) x (batch, contracted, free), the free axes of the right side made one."""
    (left, right), (left_batch, right_batch) = equation.params["dimension_numbers"]
    a, b = (_operand(scope, equation, operands, place) for place in (0, 1))
    free = [axis for axis in range(len(b.shape)) if axis not in (*right, *right_batch)]
    rows = [axis for axis in range(len(a.shape)) if axis not in (*left, *left_batch)]
    a = _gathered(scope, a, (*left_batch, *rows), left)
    b = _gathered(scope, b, right_batch, right, free)
    found = scope.graph.matmul(_handle(scope, a), _handle(scope, b))
    shape = equation.outvars[0].aval.shape
    return [_reshaped(scope, Node(found, (*a.shape[:-1], b.shape[-1])), shape)]


def _gathered(scope: Scope, x: Value, kept: Sequence[int], *merged: Sequence[int]) -> Value:
    """The axes in the order (kept, merged...), each group of merged ones made one axis."""
    order = [*kept, *(axis for group in merged for axis in group)]
    shape = x.shape
    moved = x if order == list(range(len(shape))) else _moved(scope, x, order)
    ones = [math.prod(shape[axis] for axis in group) for group in merged]
    return _reshaped(scope, moved, (*(shape[axis] for axis in kept), *ones))


def _moved(scope: Scope, x: Value, order: Sequence[int]) -> Value:
    if not isinstance(x, Node):
        return x.transpose(order)
    return Node(scope.graph.transpose(x.handle, order), tuple(x.shape[axis] for axis in order))


def _row(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    """One row of a table, at an index that is known to lie in it."""
    table, index = operands[:2]
    sizes, shape = equation.params["slice_sizes"], equation.invars[0].aval.shape
    if (
        sizes[0] != 1
        or tuple(sizes[1:]) != tuple(shape[1:])
        or not all(isinstance(each, np.ndarray) for each in operands[2:])
    ):
        raise KeyError(equation.primitive.name)
    return [Node(scope.graph.row(_handle(scope, table), _handle(scope, index)), tuple(sizes))]


def _while(scope: Scope, equation: Equation, operands: list[Value]) -> list[Value]:
    params = equation.params
    count, total = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    before, within, carry = operands[:count], operands[count:total], operands[total:]
    shapes = [var.aval.shape for var in equation.outvars]
    if any(0 in shape for shape in shapes):
        raise UserError("a sampler that carries an empty memory cannot be exported: ab1 is one, take ddim")

    def body_of(program: ClosedJaxpr, constants: list[Value]) -> Body:
        def run(handles: list[Handle]) -> list[Handle]:
            nodes = [Node(handle, shape) for handle, shape in zip(handles, shapes, strict=True)]
            return _run_whole(scope, program, [*constants, *nodes])

        return run

    first = [_handle(scope, _whole(scope, value, shape)) for value, shape in zip(carry, shapes, strict=True)]
    condition, body = body_of(params["cond_jaxpr"], before), body_of(params["body_jaxpr"], within)
    kinds = [Kind(var.aval.shape, np.dtype(var.aval.dtype)) for var in equation.outvars]
    found = scope.graph.loop(condition, body, first, kinds)
    return [Node(handle, shape) for handle, shape in zip(found, shapes, strict=True)]


RULES: dict[str, Rule] = {
    "broadcast_in_dim": _broadcast,
    "concatenate": _concatenate,
    "conv_general_dilated": _convolve,
    "convert_element_type": _convert,
    "dot_general": _dot,
    "dynamic_slice": _row,
    "expm1": _expm1,
    "integer_pow": _integer_power,
    "reduce_max": _reduce,
    "reduce_prod": _reduce,
    "reduce_sum": _reduce,
    "reshape": _reshape,
    "slice": _slice,
    "split": _split,
    "square": _square,
    "squeeze": _squeeze,
    "transpose": _transpose,
    "while": _while,
}
