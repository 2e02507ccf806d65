"""Runs a SavedModel with TensorFlow alone: python -m mezzotint.export.run_savedmodel FOLDER IN.npz OUT.npz."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf  # pyright: ignore[reportMissingImports]

Arrays = dict[str, np.ndarray]


def load(path: Path, threads: int | None = None) -> Callable[[Arrays], Arrays]:
    """The program of a SavedModel, of arrays by their names."""
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    model = tf.saved_model.load(str(path))
    signature = model.signatures["serving_default"]

    def run(inputs: Arrays) -> Arrays:
        found = signature(**{name: tf.constant(value) for name, value in inputs.items()})
        return {name: value.numpy() for name, value in found.items()}

    run.model = model  # which owns what the signature refers to
    return run
