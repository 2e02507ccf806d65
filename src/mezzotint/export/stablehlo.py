"""StableHLO: the program in JAX's own portable form, for batches of any size and three kinds of machine.

`jax.export` promises that later versions of JAX load the file, for half a year at least.
"""

from pathlib import Path

import jax
from jax import export

from mezzotint.export.program import Program, shapes
from mezzotint.export.quantize import Quantize

FILE = "model.stablehlo"
PLATFORMS = ("cpu", "cuda", "tpu")


def write(program: Program, folder: Path, quantize: Quantize = "none") -> Path:
    """Writes model.stablehlo for `jax.export.deserialize`; its inputs stand in the program's order."""
    exported = export.export(jax.jit(program.function), platforms=PLATFORMS)(*shapes(program))
    path = folder / FILE
    path.write_bytes(exported.serialize())
    return path
