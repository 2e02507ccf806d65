"""TensorFlow's SavedModel: for TensorFlow itself, for TF Serving, and whatever reads it.

Its signature takes and gives arrays by name; `tf.saved_model.load(folder).denoise(x, t)` calls it as a
function. `write` gives plain TensorFlow operations, which any version runs, on any batch. The article's
literal road, jax2tf, leaves one XlaCallModule with StableHLO, which TensorFlow must be able to read.
"""

from pathlib import Path
from typing import Any

import jax
import numpy as np

from mezzotint.errors import UserError
from mezzotint.export import tf_graph
from mezzotint.export.program import ANY, Program
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
    return _save(program, tf_graph.function(program, weight=_shared()), folder)


def write_by_jax2tf(program: Program, folder: Path) -> Path:
    """Writes the same by jax2tf.

    Raises:
        UserError: TensorFlow is not installed, or cannot read what this JAX writes.
    """
    return _save(program, _by_jax2tf(program), folder)


def _save(program: Program, function: Any, folder: Path) -> Path:
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


def _by_jax2tf(program: Program) -> Any:
    """The program as one XlaCallModule, which is tried, for TensorFlow reads it no sooner than it runs it."""
    tf = tf_graph.tensorflow()
    from jax.experimental import jax2tf  # noqa: PLC0415  it imports TensorFlow

    batch = ["(batch, ...)"] * len(program.inputs)
    call = jax2tf.convert(program.function, polymorphic_shapes=batch, with_gradient=False)
    function = tf_graph.named(program, ANY, call)
    try:
        function(*(tf.zeros((1, *each.shape), each.dtype) for each in program.inputs.values()))
    except tf.errors.OpError as error:
        raise UserError(
            f"TensorFlow {tf.__version__} cannot read what jax2tf of JAX {jax.__version__} writes: "
            "export by the graph instead"
        ) from error
    return function
