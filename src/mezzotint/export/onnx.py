"""ONNX: the program as a graph that ONNX Runtime and many others run."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from mezzotint.export.jaxpr import emit
from mezzotint.export.onnx_graph import OPSET, OnnxGraph
from mezzotint.export.program import Program, trace
from mezzotint.export.quantize import Quantize

FILE = "model.onnx"
IR_VERSION = 9  # of the file format, the first that has the opset
TYPES = {"float32": TensorProto.FLOAT, "int32": TensorProto.INT32}


def write(program: Program, folder: Path, quantize: Quantize = "none") -> Path:
    """Writes model.onnx, for batches of any size."""
    path = folder / FILE
    onnx.save(model(program, quantize), path)
    return path


def model(program: Program, quantize: Quantize = "none") -> onnx.ModelProto:
    """The program as ONNX, checked by ONNX's own checker."""
    graph = OnnxGraph(quantize)
    found = emit(graph, trace(program), list(program.inputs))
    for handle, name in zip(found, program.outputs, strict=True):
        graph.nodes.append(helper.make_node("Identity", [handle], [name]))
    inputs = [
        helper.make_tensor_value_info(name, TYPES[str(each.dtype)], ["batch", *each.shape])
        for name, each in program.inputs.items()
    ]
    shape = ["batch", *program.inputs["x"].shape]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in program.outputs]
    made = helper.make_graph(graph.nodes, program.name, inputs, outputs, graph.initializers)
    result = helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="mezzotint",
    )
    onnx.checker.check_model(result)
    return result
