"""The example page, served from a folder as its first lines say."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np

from . import gaussian_graph as example
from .browsing import driven, installed, needs_browser

EXAMPLE = Path(__file__).parents[2] / "examples" / "web"
STEPS = 10


class Quiet(SimpleHTTPRequestHandler):
    """`python -m http.server` without its log."""

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@needs_browser
def test_the_example_page_paints_jaxs_picture(tmp_path: Path) -> None:
    """Of its own noise, to a hundredth of a grey level."""
    driver = installed(Path(__file__).with_name("browser"), tmp_path / "driver")
    page = installed(EXAMPLE, tmp_path / "page")
    (page / "model").mkdir()
    example.write(page / "model", STEPS)
    with served(page) as address:
        found = driven(driver / "open.mjs", address)
    noise = np.reshape(found["noise"], (1, *example.SHAPE)).astype(np.float32)
    expected = example.picture(noise, "ddim", STEPS, label=-1).ravel()
    np.testing.assert_allclose(found["picture"], expected, atol=0.01 / 255)
    canvas = np.reshape(found["canvas"], (*example.SHAPE[:2], 4))
    np.testing.assert_allclose(canvas[..., :3].ravel(), expected * 255, atol=0.51)


def test_the_example_is_short() -> None:
    assert len((EXAMPLE / "index.html").read_text(encoding="utf-8").splitlines()) < 60


def test_the_example_takes_the_pages_own_versions() -> None:
    own = json.loads((EXAMPLE / "package.json").read_text())["dependencies"]
    page = EXAMPLE.parents[1] / "src" / "mezzotint" / "export" / "page" / "package.json"
    assert own.items() <= json.loads(page.read_text())["dependencies"].items()
