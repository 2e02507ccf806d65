"""A picture by a model that `mezzotint export RUN --format tflite --out DIR` wrote.

Needs ai-edge-litert, numpy and pillow: python litert_sampler.py DIR SEED FILE.png
"""

import json
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image


def ddim(folder: Path, noise: np.ndarray, label: int = -1) -> np.ndarray:
    """A picture in [0, 1] of standard normal noise: Song et al., arXiv:2010.02502, eq. 12."""
    told = json.loads((folder / "mezzotint.json").read_text())
    denoise = Interpreter(str(folder / told["file"])).get_signature_runner()
    names = ("times", "level", "alpha", "sigma")
    times, level, alpha, sigma = (np.float32(told["sampling"][name]) for name in names)
    x, labels = np.float32(told["start"]) * noise, np.full(len(noise), label, np.int32)
    for step, t in enumerate(times):
        given = {"x": x, "t": np.full(len(x), t), "level": np.full(len(x), level[step]), "label": labels}
        found = denoise(**{name: given[name] for name in told["inputs"]})
        if step + 1 < len(times):
            x = alpha[step + 1] * found["image"] + sigma[step + 1] * found["noise"]
    mean, scale = (np.float32(told["pixels"][name]) for name in ("mean", "scale"))
    return np.clip(found["image"] * scale + mean, 0, 1)


def start_noise(folder: Path, seed: int) -> np.ndarray:
    """Standard normal noise for one picture."""
    shape = json.loads((folder / "mezzotint.json").read_text())["inputs"]["x"]["shape"]
    return np.random.default_rng(seed).standard_normal((1, *shape[1:]), np.float32)


if __name__ == "__main__":
    folder, seed, out = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    picture = ddim(folder, start_noise(folder, seed))[0]
    pixels = Image.fromarray(np.uint8(255 * picture + 0.5).squeeze())
    pixels.resize((256, 256), Image.Resampling.NEAREST).save(out)
