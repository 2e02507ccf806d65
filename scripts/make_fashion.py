"""Rebuild `src/mezzotint/data/packaged/fashion.npz`, byte for byte, from the two original files.

    python scripts/make_fashion.py /usr/share/datasets/fashion-mnist

The folder is the one that Debian's package `dataset-fashion-mnist` installs; any other that holds
`t10k-images-idx3-ubyte.gz` and `t10k-labels-idx1-ubyte.gz` serves as well.
"""

import argparse
import gzip
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parents[1] / "src/mezzotint/data/packaged/fashion.npz"
IMAGES, LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"


def read_idx(path: Path) -> np.ndarray:
    """A uint8 array from an IDX file: two zeros, the type (8), the rank, then big-endian sizes."""
    content = gzip.decompress(path.read_bytes())
    kind, rank = content[2], content[3]
    if kind != 8:
        raise SystemExit(f"{path}: not an IDX file of bytes")
    shape = np.frombuffer(content, ">u4", count=rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def main() -> None:
    """Read the folder that the command line names; write the packaged file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    images, labels = read_idx(folder / IMAGES), read_idx(folder / LABELS)
    # numpy dates every member 1980-01-01, so equal arrays make equal bytes
    np.savez_compressed(TARGET, images=images, labels=labels)
    print(f"{TARGET}: {images.shape} and {labels.shape}, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
