"""Runs a TFLite file with LiteRT alone: python -m mezzotint.export.run_tflite FILE IN.npz OUT.npz."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter  # pyright: ignore[reportMissingImports]

Arrays = dict[str, np.ndarray]


def load(path: Path, threads: int | None = None) -> Callable[[Arrays], Arrays]:
    """The program of a TFLite file, of arrays by their names."""
    interpreter = Interpreter(str(path), num_threads=threads)
    runner = interpreter.get_signature_runner()
    return lambda inputs: runner(**inputs)
