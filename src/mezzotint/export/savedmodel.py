"""TensorFlow's SavedModel: for TensorFlow itself, for TF Serving, and whatever reads it.

Its signature takes and gives arrays by name; `tf.saved_model.load(folder).denoise(x, t, level)` calls it as a
function. It is of plain TensorFlow operations, which any version runs, on any batch.
"""

from pathlib import Path
from typing import Any

import numpy as np

from mezzotint.export import tf_graph
from mezzotint.export.program import Program
from mezzotint.export.quantize import Quantize

FILE = "saved_model"


def write(program: Program, folder: Path, quantize: Quantize = "none") -> Path:
    """Writes the program as plain operations for a batch of any size.

    Args:
        program: what to export; TensorFlow calls its inputs and outputs by the same names.
        folder: an existing folder.
        quantize: nothing but `none`: TensorFlow has no weights in fewer bits.

    Returns:
        The SavedModel, a folder.

    Raises:
        UserError: TensorFlow is not installed, or a primitive cannot be said in it.
    """
    assert quantize == "none"
    return save(program, tf_graph.function(program, weight=_shared()), folder)


def save(program: Program, function: Any, folder: Path) -> Path:
    """Writes a tf.function of the program's named inputs and outputs as a SavedModel."""
    tf = tf_graph.tensorflow()
    module, concrete = tf.Module(name=program.name), function.get_concrete_function()
    setattr(module, program.name, concrete)
    path = folder / FILE
    tf.saved_model.save(module, str(path), {"serving_default": concrete})
    return path


def _shared() -> tf_graph.Weight:
    """Keeps weights outside the functions that use them, so that the file holds equal ones once."""
    tf, kept = tf_graph.tensorflow(), dict[tuple[Any, ...], Any]()

    def weight(value: np.ndarray) -> Any:
        key = (value.shape, value.dtype, value.tobytes())
        if key not in kept:
            with tf.init_scope():
                kept[key] = tf.constant(value)
        return kept[key]

    return weight
