"""model.onnx by the page's own ONNX Runtime in Node."""

import json
from pathlib import Path

from mezzotint.export.runners import Run, node


def load(folder: Path, threads: int) -> Run:
    """The program of a folder."""
    told = json.loads((folder / "mezzotint.json").read_text())
    return node.load("site.cjs", folder, threads, told["outputs"])
