"""The page as a folder that a server gives: ONNX Runtime paints what JAX paints, on one thread or more."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.export import markup
from mezzotint.export.leave import Left, leave
from mezzotint.export.program import denoise
from mezzotint.sampling.presets import preset
from tests.export.browsing import Isolating, browse, driven, installed, needs_browser, served, skip_offline
from tests.export.models import SMALL, model

MODEL = model(replace(SMALL, classes=2, sampling_steps=10))
DRIVER = Path(__file__).with_name("browser")
FARTHEST = 0.05  # of 255, on average; weights in 16 bits move these pictures by 0.004

pytestmark = needs_browser


def reference(sampler: str, steps: int, label: int) -> dict:
    """Another picture of JAX's, from the same noise."""
    picture = MODEL.sample(1, steps, seed=0, sampler=preset(sampler), labels=[label])
    told = {"sampler": sampler, "steps": steps, "label": label, "picture": np.ravel(picture).tolist()}
    return markup.reference(MODEL) | told


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """The folder, which was run before it got its name."""
    try:
        return leave(denoise(MODEL), "site", tmp_path_factory.mktemp("site") / "out", "float16")
    except UserError as error:
        skip_offline(str(error))
        raise


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(DRIVER, tmp_path_factory.mktemp("driver") / "browser")


def test_a_browser_paints_jaxs_pictures(left: Left, driver: Path, tmp_path: Path) -> None:
    """Every button is pressed; and a page that is not isolated has one thread."""
    assert left.found.modules == [] and 1e-5 < left.found.largest < 0.01
    asked = [markup.reference(MODEL), reference("heun", 5, 1)]
    with served(left.path) as address:
        found = browse(address, asked, tmp_path / "screenshots", driver)
    assert [each["sampler"] for each in found["pictures"]] == ["ddim", "heun"]
    assert max(each["mean"] for each in found["pictures"]) < FARTHEST, found
    assert found["backend"] == "WebAssembly"


def test_an_isolated_page_computes_on_several_threads(left: Left, driver: Path) -> None:
    expression = "mezzotint.ready.then(async (device) => ({ ...device, ...(await mezzotint.check()) }))"
    with served(left.path, Isolating) as address:
        found = driven(driver / "open.mjs", address, expression)
    assert found["threads"] == min(4, os.cpu_count() or 1)
    assert found["mean"] < FARTHEST


def test_a_page_has_everything_beside_it_and_loads_from_nowhere_else(left: Left) -> None:
    html = (left.path / "index.html").read_text(encoding="utf-8")
    told = json.loads((left.path / "mezzotint.json").read_text())
    assert all((left.path / name).exists() for name in re.findall(r'(?:src|href)="([\w.]+)"', html))
    assert "ONNX Runtime (MIT, Microsoft)" in html and "TensorFlow" not in html
    assert "unsafe-inline" not in html and "http" not in html.split("</head>")[0].replace("http-equiv", "")
    assert (told["file"], told["batch"]) == ("model.onnx", None)
