"""The page's JavaScript: built by npm, once for each version of its sources.

sources in `page/` -> the scripts of both pages, kept in the user's cache folder

npm takes the libraries that `page/package-lock.json` pins, by their integrity hashes, and esbuild makes three
files of them and of our own. What is cached is named by a digest of the sources and of the lock.
"""

import hashlib
import shutil
import subprocess
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from platformdirs import user_cache_path

from mezzotint.errors import UserError

NEEDED = (
    "the web page's scripts are built once, by Node.js 20 or newer, which brings npm, and from npm's registry"
)


def bundle() -> Path:
    """The folder with the scripts, from the cache or built now, which takes half a minute and the network.

    `app.js` is the page's own; `web/engine.js` the worker with TensorFlow.js, its WebAssembly inside;
    `site/engine.js` the one with ONNX Runtime, whose WebAssembly lies beside it.

    Raises:
        UserError: there is no npm, or it failed.
    """
    return _built() / "dist"


def node_path() -> dict[str, str]:
    """What Node must find in its environment to run what the pages are made with.

    Raises:
        UserError: as for `bundle`.
    """
    return {"NODE_PATH": str(_built() / "node_modules")}


def _built() -> Path:
    """The folder where npm has been."""
    with as_file(files("mezzotint.export").joinpath("page")) as sources:
        place = user_cache_path("mezzotint") / "page" / _digest(sources)
        if not place.is_dir():
            _build(sources, place)
    return place


def _digest(sources: Path) -> str:
    """Of what the bundle is made of: all names and all bytes."""
    digest = hashlib.sha256()
    for path in _inputs(sources):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]


def _inputs(sources: Path) -> list[Path]:
    return sorted(path for path in sources.iterdir() if path.suffix in (".js", ".mjs", ".json"))


def _build(sources: Path, place: Path) -> None:
    """Builds in a folder of its own beside `place`, and gives it that name when all is there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as whole:
        folder = str(Path(whole, "page"))
        Path(folder).mkdir()
        for path in _inputs(sources):
            shutil.copy(path, folder)
        _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
        _npm("run", "build", folder=folder)
        try:
            Path(folder).rename(place)
        except OSError:
            if not place.is_dir():  # if it is, another process was faster
                raise


def _npm(*arguments: str, folder: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UserError(f"there is no npm: {NEEDED}")
    done = subprocess.run([npm, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if line.strip()), "it did not say why")
        raise UserError(f"npm {arguments[0]} failed ({said}): {NEEDED}")
