"""The peak memory of `mezzotint data prepare` on many generated JPEGs.

    python benchmarks/prepare_memory.py [--count 100000] [--side 160] [--image-size 64]

The pictures are made in a temporary folder (some 5 KB each) and prepared in a process of its own, whose peak
resident memory is read from its VmHWM (Linux).
"""

import argparse
import io
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

CODE = """
import sys, time
from mezzotint.cli.main import main
began = time.perf_counter()
try:
    main(["data", "prepare", *sys.argv[1:]])
finally:
    status = open("/proc/self/status").read()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(f"{time.perf_counter() - began:.0f} s, peak {peak:.0f} MiB resident")
"""


def generate(folder: Path, count: int, side: int) -> None:
    """`count` JPEGs of side x 0.75 side, each of its own seed: soft colours with some texture."""
    for index in range(count):
        random = np.random.default_rng(index)
        coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), np.uint8))
        picture = coarse.resize((side, side * 3 // 4), Image.Resampling.BICUBIC)
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=90)
        part = folder / f"{index // 1000:04d}"
        part.mkdir(exist_ok=True)
        (part / f"{index:07d}.jpg").write_bytes(stream.getvalue())


def main() -> None:
    """Makes the pictures, prepares them, prints time and peak."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--count", type=int, default=100_000)
    options.add_argument("--side", type=int, default=160)
    options.add_argument("--image-size", type=int, default=64)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        source, out = Path(place, "source"), Path(place, "prepared")
        source.mkdir()
        generate(source, asked.count, asked.side)
        words = [f"folder:{source}", "--out", str(out), "--image-size", str(asked.image_size)]
        subprocess.run([sys.executable, "-c", CODE, *words], check=True)


if __name__ == "__main__":
    main()
