"""TensorFlow's SavedModel by jax2tf, the article's literal road.

It holds one XlaCallModule with the program's StableHLO, which TensorFlow must be new enough to read.
"""

from pathlib import Path
from typing import Any

import jax

from mezzotint.errors import UserError
from mezzotint.export import savedmodel, tf_graph
from mezzotint.export.program import ANY, Program
from mezzotint.export.quantize import Quantize


def write(program: Program, folder: Path, quantize: Quantize = "none") -> Path:
    """Writes a SavedModel for a batch of any size; `quantize` is `none`.

    Raises:
        UserError: TensorFlow is not installed, or cannot read what this JAX writes.
    """
    return savedmodel.save(program, _function(program), folder)


def _function(program: Program) -> Any:
    """The program, which is tried once, for TensorFlow reads it no sooner than it runs it."""
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
            "use --format savedmodel"
        ) from error
    return function
