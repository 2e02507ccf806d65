"""Generated pictures on disk: what is there already is not made again.

    made.json       what the pictures are functions of, besides their place
    00000.npz       uint8 (64, height, width, channels): pictures 0 to 63
    00064.npz       pictures 64 to 127, ...

Picture i of a seed is the same whatever batch it is made in, so an interrupted generation goes on with the
files that are missing, and a larger one adds to a smaller.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from mezzotint.errors import UserError
from mezzotint.evaluation import stored
from mezzotint.evaluation.stored import Damaged
from mezzotint.files import write_whole
from mezzotint.pictures import to_bytes

BLOCK = 64  # pictures a file
VERSION = 1

Pictures = UInt8[np.ndarray, "count height width channels"]
Make = Callable[[int], Float[np.ndarray, "64 height width channels"]]
Seen = Callable[[int], None]


def generated(folder: Path, count: int, of: Mapping[str, object], make: Make, seen: Seen) -> Pictures:
    """The first `count` pictures, from the folder where it has them.

    Args:
        folder: theirs alone.
        count: how many.
        of: what they are functions of, for JSON: weights, sampler, seed, ...
        make: the index of a first picture -> `BLOCK` pictures from it on, in [0, 1].
        seen: called with the number of pictures just made or read.

    Raises:
        UserError: the folder holds pictures that were made otherwise.
    """
    _claim(folder, {"version": VERSION, **of})
    blocks = []
    for first in range(0, count, BLOCK):
        path = folder / f"{first:05d}.npz"
        blocks.append(_kept(path) if path.exists() else _new(path, make(first)))
        seen(min(BLOCK, count - first))
    return np.concatenate(blocks)[:count]


def _claim(folder: Path, of: Mapping[str, object]) -> None:
    """Writes down what the pictures are functions of, or checks it where there are any."""
    path = folder / "made.json"
    asked = json.loads(json.dumps(of))
    if not path.exists() or not any(folder.glob("*.npz")):
        write_whole(path, json.dumps(asked, indent=2) + "\n")
        return
    try:
        before = dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise UserError(f"{path} is damaged: delete {folder}, or name another --out") from None
    differ = sorted(name for name in {*before, *asked} if before.get(name) != asked.get(name))
    if differ:
        raise UserError(
            f"{folder} holds pictures that were made otherwise ({', '.join(differ)} differ): "
            "delete it, or name another --out"
        )


def _new(path: Path, images: Float[np.ndarray, "64 height width channels"]) -> Pictures:
    block = to_bytes(images)
    stored.write(path, block)
    return block


def _kept(path: Path) -> Pictures:
    try:
        return stored.read(path)
    except Damaged:
        raise UserError(f"{path} is damaged: delete it, and it is made again") from None
