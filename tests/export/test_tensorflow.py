"""A program in TensorFlow's operations: the same numbers as JAX's, on axes that small runtimes have."""

import json
import math
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from mezzotint.errors import UserError
from mezzotint.export import jax2tf, savedmodel, tf_graph, tfjs, tflite
from mezzotint.export.bundle import node_path
from mezzotint.export.check import BOUND, Call, calls, check, errors
from mezzotint.export.program import Program, denoise, whole_sampler
from mezzotint.export.quantize import Quantize
from mezzotint.export.runners import Arrays, Run
from mezzotint.export.runners import tflite as tflite_runner
from mezzotint.networks.unet import UNet
from mezzotint.sampling.presets import PRESETS
from tests.export.browsing import skip_offline
from tests.export.models import CONFIGS, SMALL, Sorting, model

# Its weights outweigh its operations.
NETWORK = replace(SMALL, network=UNet(widths=(32, 64), depth=1, embedding=32, heads=2), classes=3)
MODEL = model(NETWORK)
DENOISE, SAMPLE = denoise(MODEL), whole_sampler(MODEL, PRESETS["ddim"], 3)
LARGEST = 8  # batch
GRAPH = 500_000  # bytes that the operations take, at most


def run_by(function: Callable[..., Any]) -> Run:
    """A function of TensorFlow's on named arrays."""
    return lambda given: {
        name: each.numpy() for name, each in function(*map(tf_graph.constant, given.values())).items()
    }


@cache
def asked(whole: bool) -> list[Call]:
    return calls(SAMPLE if whole else DENOISE, LARGEST)


def error(run: Run, program: Program, batch: int = 3) -> float:
    """The largest error in the first pictures, which are the same in every batch."""
    first = [
        Call(*({name: each[:batch] for name, each in part.items()} for part in call))
        for call in asked(program is SAMPLE)
    ]
    return errors(first, [run(call.inputs) for call in first])[0]


def takes_any_batch(run: Run, program: Program) -> bool:
    return all(0 < error(run, program, batch) < BOUND for batch in (1, 3, LARGEST))


@pytest.mark.parametrize("name", CONFIGS)
def test_every_model_denoises_alike(name: str) -> None:
    the_model = model(CONFIGS[name])
    program = denoise(the_model)
    run = run_by(tf_graph.function(program).get_concrete_function())
    wanted = calls(program, 2)
    assert 0 < errors(wanted, [run(call.inputs) for call in wanted])[0] < BOUND


OPERATIONS: dict[str, tuple[Callable[..., jax.Array], Sequence[tuple[int, ...]]]] = {
    "patches": (lambda x: x.transpose(0, 1, 3, 2, 4, 5), [(2, 3, 2, 4, 2, 5)]),
    "reversed axes": (lambda x: x.transpose(2, 1, 0), [(2, 3, 4)]),
    "group norm's sum": (lambda x: x.sum((1, 2, 4)), [(2, 3, 4, 5, 6)]),
    "pooling's sum": (lambda x: x.sum((2, 4)), [(2, 3, 2, 4, 2, 5)]),
    "sum of all": (lambda x: x.sum(), [(2, 3)]),
    "maximum": (lambda x: x.max(-1), [(2, 3, 4)]),
    "product": (lambda x: x.prod(1), [(2, 3, 4)]),
    "a vector and rows": (lambda x: jnp.arange(2.0) @ x, [(2, 3)]),
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
    return Program("test", MODEL, lambda *arrays: (function(*arrays),), named, ("out",))


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
        tflite.write(DENOISE, tmp_path)


@pytest.mark.parametrize("program", [DENOISE, SAMPLE], ids=lambda program: program.name)
def test_a_saved_model_holds_its_weights_once_and_is_called_by_its_name(
    program: Program, tmp_path: Path
) -> None:
    path = savedmodel.write(program, tmp_path)
    loaded = tf_graph.tensorflow().saved_model.load(str(path))
    assert takes_any_batch(run_by(getattr(loaded, program.name)), program)
    numbers = sum(leaf.size for leaf in jax.tree.leaves(MODEL.variables["params"]))
    assert 4 * numbers < (path / "saved_model.pb").stat().st_size < 4 * numbers + GRAPH < 8 * numbers


def test_jax2tf_is_taken_where_tensorflow_reads_it(tmp_path: Path) -> None:
    loaded = tf_graph.tensorflow().saved_model.load(str(jax2tf.write(DENOISE, tmp_path)))
    assert takes_any_batch(run_by(loaded.denoise), DENOISE)


def test_jax2tf_is_refused_where_tensorflow_does_not_read_it(tmp_path: Path) -> None:
    shape = {"x": jax.ShapeDtypeStruct((), "float32")}
    newer = Program("test", MODEL, lambda x: (jnp.arccos(x),), shape, ("y",))
    with pytest.raises(UserError, match=r"TensorFlow .* cannot read what jax2tf of JAX .* writes"):
        jax2tf.write(newer, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("program", [DENOISE, SAMPLE], ids=lambda program: program.name)
def test_a_tflite_file_takes_batches_of_any_size(program: Program, tmp_path: Path) -> None:
    tflite.write(program, tmp_path)
    assert takes_any_batch(tflite_runner.load(tmp_path, 1), program)


def test_a_tflite_file_can_name_its_batch_for_runtimes_that_resize_nothing(tmp_path: Path) -> None:
    path = tflite.write(DENOISE, tmp_path, batch=1)
    described = tflite_runner.Interpreter(str(path)).get_input_details()
    assert all(each["shape_signature"][0] == 1 for each in described)
    assert error(tflite_runner.load(tmp_path, 1), DENOISE, 1) < BOUND


@pytest.mark.parametrize(("quantize", "share", "bound"), [("float16", 0.6, 5e-3), ("int8", 0.4, 0.2)])
def test_fewer_bits_in_tflite_change_little_and_take_little(
    quantize: Quantize, share: float, bound: float, tmp_path: Path
) -> None:
    path = tflite.write(DENOISE, tmp_path, quantize)
    numbers = sum(leaf.size for leaf in jax.tree.leaves(MODEL.variables["params"]))
    assert path.stat().st_size < share * 4 * numbers
    assert 1e-5 < error(tflite_runner.load(tmp_path, 1), DENOISE) < bound


@pytest.mark.parametrize(
    ("quantize", "bits", "bound"), [("none", 32, BOUND), ("float16", 16, 5e-3), ("int8", 8, 0.3)]
)
def test_a_graph_model_is_the_network_with_its_weights_beside_it(
    quantize: Quantize, bits: int, bound: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tfjs, "SHARD", 2**16)
    told = json.loads(tfjs.write(DENOISE, tmp_path, quantize).read_text())
    (manifest,) = told["weightsManifest"]
    shards = [(tmp_path / path).read_bytes() for path in manifest["paths"]]
    assert len(shards) > 1 and {len(each) for each in shards[:-1]} == {2**16}
    numbers = sum(math.prod(each["shape"]) for each in manifest["weights"])
    assert sum(map(len, shards)) < 1.15 * bits / 8 * numbers
    assert 0 < error(by_topology(told, b"".join(shards)), DENOISE) < bound


@pytest.mark.parametrize("name", ["dpmpp-2m", "unipc"])
def test_samplers_that_remember_steps_leave_whole(name: str) -> None:
    program = whole_sampler(model(SMALL), PRESETS[name], 4)
    (call,) = calls(program, 2)
    run = run_by(tf_graph.function(program).get_concrete_function())
    assert 0 < errors([call], [run(call.inputs)])[0] < BOUND


def test_a_whole_sampler_is_no_graph_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="TF.js has nothing for StatelessWhile"):
        tfjs.write(SAMPLE, tmp_path)


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


@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm")
def test_tf_js_runs_a_graph_model_in_node(tmp_path: Path) -> None:
    tfjs.write(DENOISE, tmp_path)
    try:
        node_path()
    except UserError as problem:
        skip_offline(str(problem))
        raise
    found = check("tfjs", tmp_path, asked(False))
    assert 0 < found.largest < BOUND and found.modules == []
