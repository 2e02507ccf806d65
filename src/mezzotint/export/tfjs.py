"""TF.js's graph model: `model.json` with the graph, and its weights in shards of 4 MiB, for any browser.

Written here from TensorFlow's own graph, without the `tensorflowjs` package, which does not install beside
today's. TensorFlow's optimiser folds what is known and joins biases to convolutions; what it leaves must be
operations of which TF.js has kernels for WebAssembly.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mezzotint import __version__
from mezzotint.errors import UserError
from mezzotint.export import tf_graph
from mezzotint.export.program import ANY, Program
from mezzotint.export.quantize import MANY, Quantize

FILE = "model.json"
SHARD = 4 * 2**20  # bytes, which browsers cache
FOLD = ("pruning", "constfold", "dependency")
TYPES = {"float32": "DT_FLOAT", "int32": "DT_INT32"}
OPERATIONS = frozenset(
    """
    Abs Acos Add AddV2 Asin Atan Atan2 BatchMatMulV2 BiasAdd Cast Ceil ConcatV2 Const Conv2D Cos
    Equal Erf Exp Floor GatherV2 Greater GreaterEqual Identity Less LessEqual Log Log1p LogicalAnd
    LogicalNot LogicalOr MatMul Max Maximum Minimum Mul Neg NotEqual Pad Placeholder Pow RealDiv
    Reshape Rsqrt SelectV2 Sigmoid Sign Sin Slice Sqrt Square SquaredDifference StridedSlice Sub Sum
    Tan Tanh Tile Transpose _FusedConv2D _FusedMatMul
    """.split()
)

Json = dict[str, Any]


class GraphModel(NamedTuple):
    """What TF.js's `loadGraphModel` takes.

    Attributes:
        topology: a GraphDef as JSON, without the values of its constants.
        signature: its inputs and outputs by name.
        specs: a weight's name, shape, type and quantisation, for each constant.
        weights: their values, one after the other.
    """

    topology: Json
    signature: Json
    specs: list[Json]
    weights: bytes


def write(program: Program, folder: Path, quantize: Quantize = "none", batch: int | None = ANY) -> Path:
    """Writes a graph model.

    Args:
        program: what to export.
        folder: an existing folder.
        quantize: how the weights are stored; TF.js computes in float32.
        batch: the one that the model takes; any where None.

    Returns:
        Its `model.json`, which the shards lie beside.

    Raises:
        UserError: TensorFlow is not installed, or TF.js has nothing for an operation.
    """
    found = model(program, quantize, batch)
    shards = [found.weights[at : at + SHARD] for at in range(0, len(found.weights), SHARD)]
    names = [f"group1-shard{number}of{len(shards)}.bin" for number in range(1, len(shards) + 1)]
    for name, shard in zip(names, shards, strict=True):
        (folder / name).write_bytes(shard)
    path = folder / FILE
    path.write_text(json.dumps(artifacts(found, names)))
    return path


def artifacts(model: GraphModel, paths: list[str]) -> Json:
    """The content of `model.json` whose weights are in files with these names."""
    return {
        "format": "graph-model",
        "generatedBy": tf_graph.tensorflow().__version__,
        "convertedBy": f"mezzotint {__version__}",
        "signature": model.signature,
        "modelTopology": model.topology,
        "weightsManifest": [{"paths": paths, "weights": model.specs}],
    }


def model(program: Program, quantize: Quantize = "none", batch: int | None = ANY) -> GraphModel:
    """The program as a graph model; arguments and errors as for `write`."""
    concrete = tf_graph.function(program, batch).get_concrete_function()
    graph = _optimized(concrete)
    unknown = {node.op for node in graph.node} - OPERATIONS
    if unknown:
        raise UserError(f"TF.js has nothing for {', '.join(sorted(unknown))}: use another --format")
    outputs = {name: _described(concrete.structured_outputs[name]) for name in program.outputs}
    signature = {"inputs": {each.op.name: _described(each) for each in concrete.inputs}, "outputs": outputs}
    specs, weights = _weights(graph, quantize)
    return GraphModel(_stripped(graph), signature, specs, weights)


def _described(tensor: Any) -> Json:
    sizes = [-1 if size is None else size for size in tensor.shape]
    return {
        "name": tensor.name,
        "dtype": TYPES[tensor.dtype.name],
        "tensorShape": {"dim": [{"size": str(size)} for size in sizes]},
    }


def _optimized(concrete: Any) -> Any:
    """A function's graph, folded and joined, as a GraphDef."""
    tf = tf_graph.tensorflow()
    ends = [tensor.name for tensor in (*concrete.inputs, *concrete.outputs)]
    graph = concrete.graph.as_graph_def()
    for _ in range(2):
        graph = _pass(tf, graph, ends, FOLD)
    for node in graph.node:
        node.device = "/device:CPU:0"  # where alone it joins biases
    graph = _pass(tf, graph, ends, ["remap"])
    for node in graph.node:
        node.device = ""
    return graph


def _pass(tf: Any, graph: Any, ends: list[str], passes: Sequence[str]) -> Any:
    """TensorFlow's optimiser, once; it keeps the inputs and outputs as they are."""
    from tensorflow.core.protobuf import config_pb2, meta_graph_pb2  # noqa: PLC0415
    from tensorflow.python.grappler import tf_optimizer  # noqa: PLC0415

    config = config_pb2.ConfigProto()
    config.graph_options.rewrite_options.optimizers.extend(passes)
    config.graph_options.rewrite_options.min_graph_nodes = -1  # however small
    with tf.Graph().as_default() as holder:
        tf.import_graph_def(graph, name="")
        meta = tf.compat.v1.train.export_meta_graph(graph_def=graph, graph=holder)
    kept = meta_graph_pb2.CollectionDef()
    kept.node_list.value.extend(ends)
    meta.collection_def["train_op"].CopyFrom(kept)
    return tf_optimizer.OptimizeGraph(config, meta)


def _weights(graph: Any, quantize: Quantize) -> tuple[list[Json], bytes]:
    """The constants of a graph: their descriptions, and their values one after the other."""
    tf = tf_graph.tensorflow()
    specs, parts = [], []
    for node in graph.node:
        if node.op != "Const":
            continue
        value = tf.make_ndarray(node.attr["value"].tensor)
        spec = {"name": node.name, "shape": list(value.shape), "dtype": value.dtype.name}
        stored, quantization = _stored(value, quantize)
        specs.append(spec | ({"quantization": quantization} if quantization else {}))
        parts.append(stored.tobytes())
    return specs, b"".join(parts)


def _stored(value: np.ndarray, quantize: Quantize) -> tuple[np.ndarray, Json]:
    """A constant as it is stored, and how TF.js makes it float32 again: stored * scale + min."""
    if quantize == "none" or value.dtype != np.float32 or value.size < MANY:
        return value, {}
    if quantize == "float16":
        return value.astype("float16"), {"dtype": "float16", "original_dtype": "float32"}
    low, high = float(value.min()), float(value.max())
    scale = (high - low) / 255 or 1.0
    stored = np.round((value - low) / scale).astype("uint8")
    return stored, {"dtype": "uint8", "min": low, "scale": scale, "original_dtype": "float32"}


def _stripped(graph: Any) -> Json:
    """A GraphDef as JSON, without its constants' values, which are the weights."""
    from google.protobuf.json_format import MessageToDict  # noqa: PLC0415  # comes with TensorFlow

    for node in graph.node:
        if node.op == "Const":
            tensor = node.attr["value"].tensor
            empty = type(tensor)(dtype=tensor.dtype, tensor_shape=tensor.tensor_shape)
            tensor.CopyFrom(empty)
    return MessageToDict(graph)
