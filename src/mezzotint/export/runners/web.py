"""page.html's network by TF.js in Node: taken out of the page, it is run as a graph model is."""

import json
import re
import tempfile
from base64 import b64decode
from pathlib import Path

from mezzotint.export.runners import Run, tfjs


def load(folder: Path, threads: int) -> Run:
    """The network of the page in a folder."""
    page = (folder / "page.html").read_text(encoding="utf-8")
    network = json.loads(_element(page, "network"))
    with tempfile.TemporaryDirectory() as place:
        Path(place, "weights.bin").write_bytes(b64decode(_element(page, "weights")))
        manifest = [{"paths": ["weights.bin"], "weights": network["specs"]}]
        model = {
            "format": "graph-model",
            "modelTopology": network["topology"],
            "signature": network["signature"],
            "weightsManifest": manifest,
        }
        Path(place, "model.json").write_text(json.dumps(model))
        return tfjs.load(Path(place), threads)


def _element(page: str, name: str) -> str:
    found = re.search(rf'<script[^>]* id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None, f"the page has an element {name}"
    return found[1]
