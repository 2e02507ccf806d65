"""model.tflite by LiteRT, on the CPU."""

from pathlib import Path

from ai_edge_litert.interpreter import Interpreter  # pyright: ignore[reportMissingImports]

from mezzotint.export.runners import Run


def load(folder: Path, threads: int) -> Run:
    """The program of a folder, by its signature, which resizes the inputs to the batch that they have."""
    run = Interpreter(str(folder / "model.tflite"), num_threads=threads or None).get_signature_runner()
    return lambda inputs: run(**inputs)
