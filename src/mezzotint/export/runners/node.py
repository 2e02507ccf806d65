"""Programs that run in Node on WebAssembly, which finds its packages in NODE_PATH.

It is one process for all calls: a line to it names a folder with a file for each input, a line from it says
that the outputs lie there.
"""

import subprocess
import tempfile
from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from mezzotint.export.runners import Arrays, Run


def load(script: str, path: Path, threads: int, outputs: Iterable[str]) -> Run:
    """A denoiser as a function of named arrays.

    Args:
        script: beside this file, that runs it.
        path: that the script loads.
        threads: one, where not more are asked for.
        outputs: their names; they are float32 and shaped like x.
    """
    with as_file(files("mezzotint.export.runners")) as scripts:
        words = ["node", str(scripts / script), str(path), str(threads or 1)]
        node = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        _answer(node)

    def run(inputs: Arrays) -> Arrays:
        with tempfile.TemporaryDirectory() as place:
            for name, values in inputs.items():
                values.tofile(Path(place, name))
            print(place, file=node.stdin, flush=True)
            _answer(node)
            shape = inputs["x"].shape
            return {name: np.fromfile(Path(place, name), np.float32).reshape(shape) for name in outputs}

    return run


def _answer(node: subprocess.Popen[str]) -> None:
    assert node.stdout is not None and node.stderr is not None
    if not node.stdout.readline():
        said = [line for line in node.stderr.read().splitlines() if line.strip()]
        raise RuntimeError(f"Node has ended: {said[-1] if said else 'it did not say why'}")
