"""ONNX: every model and sampler says what JAX says, in batches of any size, in fewer bits nearly so."""

from dataclasses import replace

import jax
import numpy as np
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto

from mezzotint.errors import UserError
from mezzotint.export import onnx
from mezzotint.export.check import BOUND, Call, calls, errors
from mezzotint.export.program import Program, denoise, whole_sampler
from mezzotint.export.quantize import int8
from mezzotint.networks.unet import UNet
from mezzotint.sampling.presets import PRESETS
from tests.export.models import CONFIGS, SMALL, Sorting, model


def found(made: ModelProto, program: Program, call: Call) -> dict[str, np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(made.SerializeToString(), options)
    values = session.run(list(program.outputs), call.inputs)
    return dict(zip(program.outputs, values, strict=True))


def error(made: ModelProto, program: Program, batch: int) -> float:
    asked = calls(program, batch)
    return errors(asked, [found(made, program, call) for call in asked])[0]


@pytest.mark.parametrize("name", CONFIGS)
def test_every_model_denoises_alike_in_batches_of_any_size(name: str) -> None:
    the_model = model(CONFIGS[name])
    program = denoise(the_model)
    made = onnx.model(program)
    assert [error(made, program, batch) < BOUND for batch in (1, 3, 8)] == [True] * 3


LEAVE = [name for name, sampler in PRESETS.items() if sampler.deterministic and name != "ab1"]


@pytest.mark.parametrize("name", LEAVE)
def test_every_sampler_that_adds_no_noise_leaves_whole(name: str) -> None:
    the_model = model(SMALL)
    program = whole_sampler(the_model, PRESETS[name], 4)
    (call,) = calls(program, 2)
    assert call.outputs["picture"].std() > 0.05
    assert error(onnx.model(program), program, 2) < BOUND


def test_a_whole_sampler_makes_the_pictures_that_the_model_makes() -> None:
    the_model = model(replace(SMALL, classes=3))
    program = whole_sampler(the_model, PRESETS["heun"], 4)
    keys = jax.vmap(lambda index: jax.random.fold_in(jax.random.key(5), index))(np.arange(2))
    noise = jax.vmap(lambda key: jax.random.normal(key, (8, 8, 3)))(keys)
    wanted = the_model.sample(2, 4, seed=5, sampler=PRESETS["heun"], labels=[2, 0])
    call = Call({"x": np.asarray(noise), "label": np.array([2, 0], np.int32)}, {"picture": wanted})
    np.testing.assert_allclose(found(onnx.model(program), program, call)["picture"], wanted, atol=1e-5)


def test_a_sampler_that_adds_noise_or_remembers_an_empty_array_does_not_leave() -> None:
    with pytest.raises(UserError, match="adds no noise"):
        whole_sampler(model(SMALL), PRESETS["ddpm"], 4)
    with pytest.raises(UserError, match="ab1 is one, take ddim"):
        onnx.model(whole_sampler(model(SMALL), PRESETS["ab1"], 4))


def test_a_primitive_that_onnx_does_not_have_is_named() -> None:
    network = Sorting()
    config = replace(SMALL, level=SMALL.level)
    object.__setattr__(config, "network", network)  # no configuration has it
    with pytest.raises(UserError, match="the primitive sort cannot be exported"):
        onnx.model(denoise(model(config)))


@pytest.mark.parametrize(("quantize", "kind", "bound"), [("float16", 10, 3e-3), ("int8", 3, 0.1)])
def test_fewer_bits_change_little_and_take_little(quantize: str, kind: int, bound: float) -> None:
    the_model = model(replace(SMALL, network=UNet(widths=(16, 32), depth=1, embedding=16, heads=2)))
    program = denoise(the_model)
    whole, fewer = onnx.model(program), onnx.model(program, quantize)
    assert {"float16": TensorProto.FLOAT16, "int8": TensorProto.INT8}[quantize] == kind
    share = {"float16": 0.5, "int8": 0.25}[quantize]
    sizes = [sum(each.ByteSize() for each in made.graph.initializer) for made in (whole, fewer)]
    assert share < sizes[1] / sizes[0] < share + 0.15
    assert 0 < error(fewer, program, 3) < bound


def test_whole_numbers_are_within_half_a_unit_for_each_output() -> None:
    weights = np.random.default_rng(0).standard_normal((3, 3, 4, 5)).astype(np.float32)
    weights[..., 2] = 0
    whole, scale = int8(weights)
    assert (whole.dtype, scale.shape, np.abs(whole).max()) == (np.int8, (5,), 127)
    np.testing.assert_array_less(
        np.abs(whole * scale - weights), np.broadcast_to(scale / 2 + 1e-7, weights.shape)
    )


def test_weights_are_kept_once_though_a_whole_sampler_runs_them_twice() -> None:
    the_model = model(SMALL)
    one, whole = (
        onnx.model(each) for each in (denoise(the_model), whole_sampler(the_model, PRESETS["ddim"], 4))
    )
    sizes = [sum(each.ByteSize() for each in made.graph.initializer) for made in (one, whole)]
    assert sizes[1] < 1.1 * sizes[0]
