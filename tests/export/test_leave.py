"""An export is run and compared before it has its name; what fails leaves nothing."""

import json
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.export import formats
from mezzotint.export.check import calls, check
from mezzotint.export.formats import FORMATS
from mezzotint.export.leave import leave
from mezzotint.export.program import denoise, whole_sampler
from mezzotint.export.runners import onnx as onnx_runner
from mezzotint.sampling.presets import PRESETS
from tests.export.models import SMALL, Sorting, model

CLASSES = replace(SMALL, classes=3)


def test_an_onnx_file_runs_without_jax_and_its_sidecar_is_enough_to_sample(tmp_path: Path) -> None:
    the_model = model(CLASSES)
    left = leave(denoise(the_model), "onnx", tmp_path / "out")
    assert left.found.modules == []
    assert 0 < left.found.largest < 1e-4
    assert left.size == sum(each.stat().st_size for each in (tmp_path / "out").iterdir())

    told = json.loads((tmp_path / "out" / "mezzotint.json").read_text())
    run = onnx_runner.load(tmp_path / "out", 1)
    grid, noise = told["sampling"], np.random.default_rng(0).standard_normal((2, 8, 8, 3)).astype("f")
    x, label = np.float32(told["start"]) * noise, np.array([1, -1], "i")
    for t, level, alpha, sigma in zip(
        grid["times"], grid["level"], [*grid["alpha"][1:], 1], [*grid["sigma"][1:], 0], strict=True
    ):
        found = run({"x": x, "t": np.full(2, t, "f"), "level": np.full(2, level, "f"), "label": label})
        x = np.float32(alpha) * found["image"] + np.float32(sigma) * found["noise"]
    picture = np.clip(x * told["pixels"]["scale"] + told["pixels"]["mean"], 0, 1)

    program = whole_sampler(the_model, PRESETS["ddim"], told["sampling"]["steps"])
    np.testing.assert_allclose(picture, jax.jit(program.function)(noise, label)[0], atol=1e-5)


def test_stablehlo_takes_batches_of_any_size_and_whole_samplers(tmp_path: Path) -> None:
    the_model = model(CLASSES)
    for name, program in {
        "one": denoise(the_model),
        "whole": whole_sampler(the_model, PRESETS["ddim"], 3),
    }.items():
        leave(program, "stablehlo", tmp_path / name)
        for batch in (1, 8):
            found = check("stablehlo", tmp_path / name, calls(program, batch))
            assert found.largest < 1e-4 and found.modules == ["jax"]


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    config = replace(SMALL)
    object.__setattr__(config, "network", Sorting())
    the_model = model(config)
    with pytest.raises(UserError, match="sort"):
        leave(denoise(the_model), "onnx", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_float32_export_that_differs_is_refused(tmp_path: Path) -> None:
    the_model = model(SMALL)
    program, other = denoise(the_model), denoise(model(SMALL, seed=7))
    # what is written is another model's than what it is compared with
    writes_other = formats.writer("onnx")
    formats_writer = lambda kind: lambda given, folder, quantize: writes_other(other, folder, quantize)  # noqa: E731
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mezzotint.export.leave.writer", formats_writer)
        with pytest.raises(UserError, match=r"differs from the model by .*, above 0.0001"):
            leave(program, "onnx", tmp_path / "out")
        left = leave(program, "onnx", tmp_path / "coarse", "float16")
    assert left.found.largest > 0.01  # fewer bits are not bound, and what they cost is said
    assert [each.name for each in tmp_path.iterdir()] == ["coarse"]


def test_a_file_that_does_not_run_is_said_in_one_line(tmp_path: Path) -> None:
    the_model = model(SMALL)
    program = denoise(the_model)
    leave(program, "onnx", tmp_path / "out")
    (tmp_path / "out" / "model.onnx").write_bytes(b"no model")
    with pytest.raises(UserError, match="the onnx export does not run: ") as caught:
        check("onnx", tmp_path / "out", calls(program, 1))
    assert "\n" not in str(caught.value)


def test_a_missing_extra_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda module: None)
    for name in FORMATS:
        if FORMATS[name].extra:
            with pytest.raises(UserError, match=rf"pip install 'mezzotint\[{FORMATS[name].extra}\]'"):
                formats.demand_extra(name)
