"""The example page, served from a folder as its first lines say."""

import json
from pathlib import Path

import numpy as np
import pytest

from . import gaussian_graph as example
from .browsing import driven, installed, needs_browser, served

EXAMPLE = Path(__file__).parents[2] / "examples" / "web"
STEPS = 10


# what its script leaves, with the canvas
PAINTED = """window.example && { ...window.example, canvas: Array.from(
    document.querySelector("canvas").getContext("2d").getImageData(0, 0, 16, 12).data) }"""


@needs_browser
def test_the_example_page_paints_jaxs_picture(tmp_path: Path) -> None:
    """Of its own noise, to a hundredth of a grey level."""
    driver = installed(Path(__file__).with_name("browser"), tmp_path / "driver")
    page = installed(EXAMPLE, tmp_path / "page")
    (page / "model").mkdir()
    example.write(page / "model", STEPS)
    with served(page) as address:
        found = driven(driver / "open.mjs", address, PAINTED)
    noise = np.reshape(found["noise"], (1, *example.SHAPE)).astype(np.float32)
    expected = example.picture(noise, "ddim", STEPS, label=-1).ravel()
    np.testing.assert_allclose(found["picture"], expected, atol=0.01 / 255)
    canvas = np.reshape(found["canvas"], (*example.SHAPE[:2], 4))
    np.testing.assert_allclose(canvas[..., :3].ravel(), expected * 255, atol=0.51)


def test_the_example_is_short() -> None:
    assert len((EXAMPLE / "index.html").read_text(encoding="utf-8").splitlines()) < 60


@pytest.mark.parametrize("name", ["web", "node"])
def test_the_examples_take_the_pages_own_versions(name: str) -> None:
    own = json.loads((EXAMPLE.with_name(name) / "package.json").read_text())["dependencies"]
    page = EXAMPLE.parents[1] / "src" / "mezzotint" / "export" / "page" / "package.json"
    assert own.items() <= json.loads(page.read_text())["dependencies"].items()
