"""The page that paints, opened from disk in a browser; and how its scripts are built."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.export import bundle, web
from mezzotint.sampling import fresh, loop

from . import gaussian_graph as example
from .browsing import browse, installed, needs_browser, skip_offline

STEPS = 60  # more than the page offers of itself
DRIVER = Path(__file__).with_name("browser")


def reference(sampler: str, steps: int, label: int) -> dict:
    """A picture of JAX's."""
    noise = fresh.noise(loop.keys(0, 0, 1), example.SHAPE)
    picture = example.picture(noise, sampler, steps, label)
    told = {"steps": steps, "sampler": sampler, "label": label}
    return {"noise": np.ravel(noise).tolist(), "picture": picture.ravel().tolist(), **told}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    try:
        html = web.build(
            *example.graph(),
            example.sidecar(STEPS),
            reference("ddim", STEPS, 0),
            signature=example.SIGNATURE,
            title="Discs & slopes",
        )
    except UserError as error:
        skip_offline(str(error))
        raise
    path.write_text(html, encoding="utf-8")
    return path


@needs_browser
def test_a_browser_paints_jaxs_pictures(page: Path, tmp_path: Path) -> None:
    """To a hundredth of a grey level, for the weights are float16's on both sides; every button is pressed.

    The network is a formula, so that the time and the size are the page's own. MEZZOTINT_SCREENSHOTS names a
    folder that keeps the screenshots.
    """
    asked = [reference("ddim", STEPS, 0), reference("heun", 5, 1), reference("dpmpp-2m", 7, -1)]
    shots = Path(os.environ.get("MEZZOTINT_SCREENSHOTS", tmp_path / "screenshots"))
    found = browse(page.as_uri(), asked, shots, installed(DRIVER, tmp_path / "driver"))
    assert [each["sampler"] for each in found["pictures"]] == ["ddim", "heun", "dpmpp-2m"]
    assert max(each["max"] for each in found["pictures"]) < 0.01, found
    assert min(each["ms"] for each in found["pictures"]) < 1500
    assert page.stat().st_size < 3e6
    assert found["backend"] == "WebAssembly"
    assert all(each["apart"] < 1e-3 for each in found["devices"])
    assert {"light.png", "dark.png", "phone.png", "inpainted.png"} <= {each.name for each in shots.iterdir()}


@needs_browser
def test_nothing_in_a_page_is_taken_for_markup(page: Path) -> None:
    """A class is named `</script>`."""
    html = page.read_text(encoding="utf-8")
    assert "<h1>Discs &amp; slopes</h1>" in html
    start = html.index('id="sidecar">') + len('id="sidecar">')
    assert json.loads(html[start : html.index("</script>", start)])["label_names"][1] == "</script>"


@needs_browser
def test_no_address_is_loaded_from(page: Path) -> None:
    """The policy lets no request out, and nothing of the page's own markup asks for one."""
    html = page.read_text(encoding="utf-8")
    head = html[: html.index("</head>")]
    assert "default-src 'none'" in head and "connect-src" not in head
    assert "http:" not in head and "https:" not in head


@pytest.mark.parametrize(
    "script, said",
    [
        (None, "there is no npm: "),
        ("echo 'npm error code E404' >&2; exit 1", r"npm ci failed \(npm error code E404\): "),
    ],
)
def test_what_npm_lacks_is_said_in_one_line(
    script: str | None, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And nothing half-built is left."""
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)
    monkeypatch.setattr(bundle, "user_cache_path", lambda name: tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: script and str(npm))
    with pytest.raises(UserError, match=said + r".*Node\.js 20"):
        bundle.bundle()
    assert not list((tmp_path / "page").iterdir())


def test_a_bundle_is_built_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is there is taken, and npm is not asked; another source is another bundle."""

    def build(sources: Path, place: Path) -> None:
        built.append(place)
        (place / "dist").mkdir(parents=True)
        (place / "dist" / "app.js").write_text(f"made of {len(list(sources.iterdir()))} files")

    built: list[Path] = []
    monkeypatch.setattr(bundle, "user_cache_path", lambda name: tmp_path)
    monkeypatch.setattr(bundle, "_build", build)
    first = bundle.bundle()
    assert first == bundle.bundle() and len(built) == 1
    assert (first / "app.js").read_text().startswith("made of ")
