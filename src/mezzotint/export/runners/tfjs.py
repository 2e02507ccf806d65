"""model.json by TF.js in Node."""

import json
from pathlib import Path

from mezzotint.export.runners import Run, node


def load(folder: Path, threads: int) -> Run:
    """The program of a folder."""
    model = folder / "model.json"
    return node.load("tfjs.cjs", model, threads, json.loads(model.read_text())["signature"]["outputs"])
