"""saved_model/ by TensorFlow, on the CPU."""

from pathlib import Path

import tensorflow as tf  # pyright: ignore[reportMissingImports]

from mezzotint.export.runners import Arrays, Run


def load(folder: Path, threads: int) -> Run:
    """The program of a folder."""
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    model = tf.saved_model.load(str(folder / "saved_model"))

    def run(inputs: Arrays) -> Arrays:
        given = {name: tf.constant(value) for name, value in inputs.items()}
        return {name: each.numpy() for name, each in model.signatures["serving_default"](**given).items()}

    return run
