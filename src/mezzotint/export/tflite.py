"""TensorFlow Lite, now LiteRT: for phones, small boards, and for LiteRT.js in browsers.

Nothing but built-in operations, so that every runtime of LiteRT takes the file, and on four axes or fewer
where it counts, so that XNNPACK does. A batch of any size is taken by `resize_tensor_input`, one picture
where nobody asks; for a runtime that knows no resizing (LiteRT.js) the file must name its batch.
"""

from pathlib import Path

from mezzotint.export import tf_graph
from mezzotint.export.program import ANY, Program
from mezzotint.export.quantize import Quantize
from mezzotint.export.tflite_halves import halved

FILE = "model.tflite"


def write(program: Program, folder: Path, quantize: Quantize = "none", batch: int | None = ANY) -> Path:
    """Writes the program with one signature that names its inputs and outputs.

    Args:
        program: what to export.
        folder: an existing folder.
        quantize: how large weights are kept: float16 are widened once; int8, which have a scale a channel,
            are multiplied with activations that are rounded to int8 as they come.
        batch: the one that the file takes; any where None.

    Returns:
        The file.

    Raises:
        UserError: TensorFlow is not installed, or there is no built-in operation for a primitive.
    """
    tf = tf_graph.tensorflow()
    module = tf.Module(name=program.name)
    concrete = tf_graph.function(program, batch).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], module)
    if quantize == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    content = converter.convert()
    path = folder / FILE
    path.write_bytes(halved(content) if quantize == "float16" else content)
    return path
