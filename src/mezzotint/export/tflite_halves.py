"""The large weights of a TFLite file as float16, widened by the file itself; small ones stay what they are.

TensorFlow's own way rounds every number, the frequencies of a noise embedding as well, whose phases a network
then hears wrong.
"""

from typing import Any

import numpy as np

from mezzotint.export.quantize import MANY


def halved(content: bytes) -> bytes:
    """The same TFLite file with halves for what it knows of MANY numbers or more."""
    from tensorflow.lite.python import schema_py_generated as schema  # noqa: PLC0415  # pyright: ignore
    from tensorflow.lite.tools import flatbuffer_utils  # noqa: PLC0415  # pyright: ignore

    model: Any = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE
    code.version = 3  # the first that takes float16
    model.operatorCodes.append(code)
    large = set[int]()
    for graph in model.subgraphs:
        for place in range(len(graph.tensors)):
            data: Any = model.buffers[graph.tensors[place].buffer].data
            real = graph.tensors[place].type == schema.TensorType.FLOAT32
            if real and data is not None and len(data) >= 4 * MANY:
                large.add(graph.tensors[place].buffer)
                _widen(schema, graph, place, len(model.operatorCodes) - 1)
    for buffer in large:
        numbers = np.asarray(model.buffers[buffer].data, "uint8").view("float32")
        model.buffers[buffer].data = numbers.astype("float16").view("uint8")
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _widen(schema: Any, graph: Any, place: int, code: int) -> None:
    """Makes a known tensor float16, and has all that use it use what an operation makes of it."""
    narrow, wide = graph.tensors[place], schema.TensorT()
    wide.name, wide.shape, wide.type, wide.buffer = narrow.name + b" wide", narrow.shape, narrow.type, 0
    narrow.type = schema.TensorType.FLOAT16
    graph.tensors.append(wide)
    for user in graph.operators:
        user.inputs = [len(graph.tensors) - 1 if each == place else each for each in user.inputs]
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, [place], [len(graph.tensors) - 1]
    graph.operators.insert(0, operator)
