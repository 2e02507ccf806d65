"""The example clients, each run as its first lines say, paint what JAX paints."""

import runpy
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from mezzotint.export import onnx, sidecar, tflite
from mezzotint.export.program import denoise, whole_sampler
from mezzotint.sampling.presets import PRESETS
from tests.export.browsing import installed
from tests.export.models import SMALL, model

EXAMPLES = Path(__file__).parents[2] / "examples"
MODEL = model(replace(SMALL, classes=3))
NOISE = np.random.default_rng(3).standard_normal((1, *MODEL.config.picture_shape)).astype(np.float32)
WRITERS = {"onnx": onnx.write, "tflite": tflite.write}


def exported(folder: Path, kind: str) -> Path:
    """A model in a folder, as `mezzotint export` leaves it."""
    program = denoise(MODEL)
    file = WRITERS[kind](program, folder)
    sidecar.write(folder, sidecar.sidecar(program, kind, file.name, None))
    return folder


@pytest.fixture(scope="module")
def wanted() -> np.ndarray:
    """JAX's picture of the noise."""
    program = whole_sampler(MODEL, PRESETS["ddim"], MODEL.config.sampling_steps)
    return np.asarray(jax.jit(program.function)(NOISE, np.array([-1]))[0])


@pytest.mark.parametrize(("kind", "script"), [("onnx", "onnx_sampler.py"), ("tflite", "litert_sampler.py")])
def test_the_python_examples(
    kind: str, script: str, tmp_path: Path, wanted: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, path, out = exported(tmp_path, kind), EXAMPLES / "python" / script, tmp_path / "picture.png"
    functions = runpy.run_path(str(path))
    np.testing.assert_allclose(functions["ddim"](folder, NOISE), wanted, atol=1e-5)
    monkeypatch.setattr(sys, "argv", [script, str(folder), "3", str(out)])
    runpy.run_path(str(path), run_name="__main__")
    with Image.open(out) as picture:
        shown = np.asarray(picture)[16::32, 16::32] / 255  # the middles of the enlarged pixels
    np.testing.assert_allclose(
        shown, functions["ddim"](folder, functions["start_noise"](folder, 3))[0], atol=2e-3
    )


@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm")
def test_the_node_example(tmp_path: Path, wanted: np.ndarray) -> None:
    client = installed(EXAMPLES / "node", tmp_path / "client")
    NOISE.tofile(tmp_path / "noise.f32")
    words = [exported(tmp_path, "onnx"), tmp_path / "picture.ppm", tmp_path / "noise.f32"]
    command = ["node", "sampler.mjs", *map(str, words)]
    done = subprocess.run(command, cwd=client, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.startswith("3 steps in "), done.stderr
    with Image.open(tmp_path / "picture.ppm") as picture:
        np.testing.assert_allclose(np.asarray(picture) / 255, wanted[0], atol=0.51 / 255)


def test_the_examples_are_short_and_need_nothing_of_mezzotint() -> None:
    for path in (*EXAMPLES.glob("python/*.py"), *EXAMPLES.glob("node/*.mjs")):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 60 and "import mezzotint" not in text and "jax" not in text
