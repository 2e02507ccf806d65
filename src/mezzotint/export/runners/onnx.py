"""model.onnx by ONNX Runtime, on the CPU."""

from pathlib import Path

import numpy as np
import onnxruntime

from mezzotint.export.runners import Arrays, Run


def load(folder: Path, threads: int) -> Run:
    """The program of a folder."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]

    def run(inputs: Arrays) -> Arrays:
        found = map(np.asarray, session.run(names, inputs))
        return dict(zip(names, found, strict=True))

    return run
