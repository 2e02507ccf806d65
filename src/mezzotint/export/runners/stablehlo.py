"""model.stablehlo by JAX, without the network that it came from."""

import json
from pathlib import Path

import jax
import numpy as np
from jax import export

from mezzotint.export.runners import Arrays, Run


def load(folder: Path, threads: int) -> Run:
    """The program of a folder; XLA chooses its threads itself."""
    exported = export.deserialize(bytearray((folder / "model.stablehlo").read_bytes()))
    told = json.loads((folder / "mezzotint.json").read_text())
    program = jax.jit(exported.call)

    def run(inputs: Arrays) -> Arrays:
        found = program(*(inputs[name] for name in told["inputs"]))
        return dict(zip(told["outputs"], map(np.asarray, found), strict=True))

    return run
