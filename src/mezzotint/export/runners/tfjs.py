"""model.json by TF.js in Node, on WebAssembly.

Node finds TF.js in NODE_PATH. It is one process for all calls: a line to it names a folder with a file for
each input, a line from it says that the outputs lie there.
"""

import json
import subprocess
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from mezzotint.export.runners import Arrays, Run

TYPES = {"DT_FLOAT": np.float32, "DT_INT32": np.int32}


def load(folder: Path, threads: int) -> Run:
    """The program of a folder; TF.js uses one thread, where not more are asked for."""
    model = folder / "model.json"
    signature = json.loads(model.read_text())["signature"]
    with as_file(files("mezzotint.export.runners").joinpath("tfjs.cjs")) as script:
        words = ["node", str(script), str(model), str(threads or 1)]
        node = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    _answer(node)

    def run(inputs: Arrays) -> Arrays:
        with tempfile.TemporaryDirectory() as place:
            for name, about in signature["inputs"].items():
                inputs[name].astype(TYPES[about["dtype"]]).tofile(Path(place, name))
            print(place, file=node.stdin, flush=True)
            _answer(node)
            return {name: _read(Path(place, name), about) for name, about in signature["outputs"].items()}

    return run


def _answer(node: subprocess.Popen[str]) -> None:
    assert node.stdout is not None and node.stderr is not None
    if not node.stdout.readline():
        said = [line for line in node.stderr.read().splitlines() if line.strip()]
        raise RuntimeError(f"Node has ended: {said[-1] if said else 'it did not say why'}")


def _read(path: Path, about: dict) -> np.ndarray:
    sizes = [int(each["size"]) for each in about["tensorShape"]["dim"]]
    return np.fromfile(path, TYPES[about["dtype"]]).reshape(-1, *sizes[1:])
