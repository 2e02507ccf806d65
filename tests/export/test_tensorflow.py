"""A program in TensorFlow's operations: the same numbers as JAX's, on axes that small runtimes have."""

import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from mezzotint.errors import UserError
from mezzotint.export import savedmodel, tf_graph, tfjs, tflite
from mezzotint.export.check import BOUND, calls, errors
from mezzotint.export.program import Program, denoise, whole_sampler
from mezzotint.export.quantize import Quantize
from mezzotint.export.runners import Arrays, Run
from mezzotint.export.runners import tfjs as tfjs_runner
from mezzotint.export.runners import tflite as tflite_runner
from mezzotint.networks.unet import UNet
from mezzotint.sampling.presets import PRESETS
from tests.export.models import CONFIGS, SMALL, Sorting, model

CLASSES = replace(SMALL, classes=3)
WIDE = replace(SMALL, network=UNet(widths=(16, 32), depth=1, embedding=16, heads=2))
GRAPH = 250_000  # bytes that the operations of a small network take


# With the article's highest frequency, 1000, the last digit of a noise level moves the embedding by 4e-4, and
# sines and cosines differ in their last digit from runtime to runtime.
CALM = {
    name: replace(config, network=replace(config.network, max_frequency=10.0))
    for name, config in CONFIGS.items()
}


def run_by(function: Callable[..., Any]) -> Run:
    """A function of TensorFlow's on named arrays."""
    return lambda given: {
        name: each.numpy() for name, each in function(*map(tf_graph.constant, given.values())).items()
    }


def error(run: Run, program: Program, batch: int) -> float:
    asked = calls(program, batch)
    return errors(asked, [run(call.inputs) for call in asked])[0]


@pytest.mark.parametrize("name", CALM)
def test_every_model_denoises_alike(name: str) -> None:
    the_model = model(CALM[name])
    program = denoise(the_model)
    run = run_by(tf_graph.function(program).get_concrete_function())
    assert 0 < error(run, program, 3) < BOUND


OPERATIONS: dict[str, tuple[Callable[..., jax.Array], Sequence[tuple[int, ...]]]] = {
    "patches": (lambda x: x.transpose(0, 1, 3, 2, 4, 5), [(2, 3, 2, 4, 2, 5)]),
    "reversed axes": (lambda x: x.transpose(2, 1, 0), [(2, 3, 4)]),
    "group norm's sum": (lambda x: x.sum((1, 2, 4)), [(2, 3, 4, 5, 6)]),
    "pooling's sum": (lambda x: x.sum((2, 4)), [(2, 3, 2, 4, 2, 5)]),
    "sum of all": (lambda x: x.sum(), [(2, 3)]),
    "maximum": (lambda x: x.max(-1), [(2, 3, 4)]),
    "matrices": (lambda a, b: a @ b, [(2, 3, 4, 5), (2, 3, 5, 6)]),
    "rows of many": (
        lambda a: jnp.einsum("bhwc,cd->bhwd", a, jnp.arange(10.0).reshape(5, 2)),
        [(2, 3, 4, 5)],
    ),
    "attention": (lambda q, k: jnp.einsum("bqhd,bkhd->bhqk", q, k), [(2, 5, 3, 4), (2, 6, 3, 4)]),
    "clamp": (lambda x: jnp.clip(x, -0.5, 0.5), [(2, 3)]),
    "choice": (lambda x, y: jnp.where(x > y, x, 2 * y), [(2, 3), (2, 3)]),
    "small powers": (lambda x: jnp.expm1(x) + (2 + x**2) ** -3, [(2, 3)]),
    "strides": (lambda x: x[:, ::2, 1:3], [(2, 5, 4)]),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_are_jax_s_on_four_axes_or_fewer(name: str) -> None:
    function, shapes = OPERATIONS[name]
    program = of_arrays(function, shapes)
    given = [
        np.random.default_rng(place).standard_normal(shape).astype("f") for place, shape in enumerate(shapes)
    ]
    concrete = tf_graph.function(program, shapes[0][0]).get_concrete_function()
    found = concrete(*map(tf_graph.constant, given))["out"].numpy()
    np.testing.assert_allclose(found, function(*given), rtol=1e-5, atol=1e-5)
    moving = [each for each in concrete.graph.get_operations() if each.type in ("Transpose", "Sum", "Max")]
    assert all(len(each.inputs[0].shape) <= 4 for each in moving)


def of_arrays(function: Callable[..., jax.Array], shapes: Sequence[tuple[int, ...]]) -> Program:
    """A program of arrays whose first axis is a batch, or is taken for one."""
    named = {
        f"input{place}": jax.ShapeDtypeStruct(shape[1:], "float32") for place, shape in enumerate(shapes)
    }
    return Program("test", model(SMALL), lambda *arrays: (function(*arrays),), named, ("out",))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", ["SAME", "VALID", [(2, 0), (1, 3)]])
def test_convolutions_pad_as_jax_s_do(stride: int, padding: Any) -> None:
    kernel = np.random.default_rng(0).standard_normal((3, 2, 3, 4)).astype("f")
    numbers = ("NHWC", "HWIO", "NHWC")
    program = of_arrays(
        lambda x: lax.conv_general_dilated(x, kernel, (stride, 1), padding, dimension_numbers=numbers),
        [(2, 6, 5, 3)],
    )
    x = np.random.default_rng(1).standard_normal((2, 6, 5, 3)).astype("f")
    found = tf_graph.function(program)(x)["out"].numpy()
    np.testing.assert_allclose(found, program.function(x)[0], atol=1e-5)


@pytest.mark.parametrize("write", [savedmodel.write, tflite.write, tfjs.write])
def test_a_primitive_that_tensorflow_does_not_have_is_named(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    config = replace(SMALL)
    object.__setattr__(config, "network", Sorting())  # no configuration has it
    with pytest.raises(UserError, match="the primitive sort cannot be exported"):
        write(denoise(model(config)), tmp_path)


def test_without_tensorflow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    tf_graph.tensorflow.cache_clear()
    with pytest.raises(UserError, match=r"pip install 'mezzotint\[tf\]'"):
        tflite.write(denoise(model(SMALL)), tmp_path)


def test_a_saved_model_holds_its_weights_once_and_is_called_by_its_name(tmp_path: Path) -> None:
    the_model = model(CLASSES)
    numbers = sum(leaf.size for leaf in jax.tree.leaves(the_model.variables["params"]))
    for program in (denoise(the_model), whole_sampler(the_model, PRESETS["ddim"], 3)):
        path = savedmodel.write(program, tmp_path)
        loaded = tf_graph.tensorflow().saved_model.load(str(path))
        run = run_by(getattr(loaded, program.name))
        assert [error(run, program, batch) < BOUND for batch in (1, 8)] == [True] * 2
        assert (path / "saved_model.pb").stat().st_size < 4 * numbers + GRAPH


def test_jax2tf_is_taken_where_tensorflow_reads_it(tmp_path: Path) -> None:
    the_model = model(SMALL)
    program = denoise(the_model)
    path = savedmodel.write(program, tmp_path, road=savedmodel.Road.JAX2TF)
    loaded = tf_graph.tensorflow().saved_model.load(str(path))
    assert [error(run_by(loaded.denoise), program, batch) < BOUND for batch in (1, 3)] == [True] * 2


def test_a_tflite_file_takes_batches_of_any_size_by_built_in_operations(tmp_path: Path) -> None:
    the_model = model(CLASSES)
    for program in (denoise(the_model), whole_sampler(the_model, PRESETS["ddim"], 3)):
        tflite.write(program, tmp_path)
        run = tflite_runner.load(tmp_path, 1)
        assert [error(run, program, batch) < BOUND for batch in (1, 3, 8)] == [True] * 3


def test_a_tflite_file_can_name_its_batch_for_runtimes_that_resize_nothing(tmp_path: Path) -> None:
    the_model = model(SMALL)
    program = denoise(the_model)
    path = tflite.write(program, tmp_path, batch=1)
    interpreter = tflite_runner.Interpreter(str(path))
    assert all(each["shape_signature"][0] == 1 for each in interpreter.get_input_details())
    assert error(tflite_runner.load(tmp_path, 1), program, 1) < BOUND


@pytest.mark.parametrize(("quantize", "share", "bound"), [("float16", 0.6, 3e-3), ("int8", 0.4, 0.1)])
def test_fewer_bits_in_tflite_change_little_and_take_little(
    quantize: Quantize, share: float, bound: float, tmp_path: Path
) -> None:
    the_model = model(WIDE)
    program = denoise(the_model)
    whole = tflite.write(program, tmp_path).stat().st_size
    fewer = tflite.write(program, tmp_path, quantize).stat().st_size
    assert fewer < share * whole
    assert 1e-5 < error(tflite_runner.load(tmp_path, 1), program, 2) < bound


@pytest.mark.parametrize(
    ("quantize", "bits", "bound"), [("none", 32, BOUND), ("float16", 16, 3e-3), ("int8", 8, 0.2)]
)
def test_a_graph_model_is_the_network_with_its_weights_beside_it(
    quantize: Quantize, bits: int, bound: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tfjs, "SHARD", 2**14)
    the_model = model(WIDE)
    program = denoise(the_model)
    told = json.loads(tfjs.write(program, tmp_path, quantize).read_text())
    (manifest,) = told["weightsManifest"]
    shards = [(tmp_path / path).read_bytes() for path in manifest["paths"]]
    assert len(shards) > 1 and {len(each) for each in shards[:-1]} == {2**14}
    assert (
        sum(map(len, shards))
        < bits / 8 * sum(math.prod(each["shape"]) for each in manifest["weights"]) + 2**15
    )
    run = by_topology(told, b"".join(shards))
    assert 0 < error(run, program, 3) < bound


def by_topology(told: dict[str, Any], weights: bytes) -> Run:
    """What TF.js does with a graph model, by TensorFlow: the constants of the graph get their values back."""
    from google.protobuf.json_format import ParseDict  # noqa: PLC0415

    tf = tf_graph.tensorflow()
    graph = ParseDict(told["modelTopology"], tf.compat.v1.GraphDef())
    nodes = {node.name: node for node in graph.node}
    for spec in told["weightsManifest"][0]["weights"]:
        kept = spec.get("quantization", {})
        stored = np.frombuffer(weights, kept.get("dtype", spec["dtype"]), math.prod(spec["shape"]))
        weights = weights[stored.nbytes :]
        value = (
            (stored * kept.get("scale", 1) + kept.get("min", 0)).astype(spec["dtype"]).reshape(spec["shape"])
        )
        nodes[spec["name"]].attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    assert not weights
    inputs, outputs = told["signature"]["inputs"], told["signature"]["outputs"]

    def run(given: Arrays) -> Arrays:
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            tf.import_graph_def(graph, name="")
            feed = {inputs[name]["name"]: value for name, value in given.items()}
            return session.run({name: about["name"] for name, about in outputs.items()}, feed)

    return run


@pytest.mark.skipif(
    not (shutil.which("node") and os.environ.get("NODE_PATH")), reason="TF.js is not installed"
)
def test_tf_js_runs_a_graph_model_in_node(tmp_path: Path) -> None:
    the_model = model(CLASSES)
    program = denoise(the_model)
    tfjs.write(program, tmp_path)
    run = tfjs_runner.load(tmp_path, 1)
    assert [error(run, program, batch) < BOUND for batch in (1, 3)] == [True] * 2
