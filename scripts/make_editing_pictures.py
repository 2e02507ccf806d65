"""Make `docs/images/edit-VERB.png`: what each verb of `mezzotint edit` makes of held-out emoji.

    mezzotint train demo --data emoji --image-size 32 --channels 3 --flip --steps 4000 --out runs/emoji
    python scripts/make_editing_pictures.py runs/emoji

Each picture is a row: what was given first, what was made after it and, where only a part was given, the real
picture last.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from einops import reduce
from jaxtyping import Float
from PIL import Image

from mezzotint import pictures
from mezzotint.cli.main import main as mezzotint
from mezzotint.data.fit import Fit
from mezzotint.edits import LUMA
from mezzotint.evaluation.pictures_of import reference

TARGET = Path(__file__).parents[1] / "docs/images"
SIDE, SCALE = 32, 3
BOX = (14, 8, 30, 26)  # left, top, right, bottom
STEPS = ("--steps", "50")

Picture = Float[np.ndarray, "height width channels"]
Row = list[Picture]


def made(run: str, work: Path, verb: str, *words: str) -> Row:
    """What a command makes."""
    out = work / "-".join(("made", verb, *(word for word in words if word.replace(".", "").isdigit())))
    mezzotint(["edit", run, verb, *words, *STEPS, "--out", str(out)])
    return [np.asarray(Image.open(path)) / np.float32(255) for path in sorted(out.glob("*.png"))]


def saved(picture: Picture, path: Path) -> str:
    """Its path, once it is written."""
    pictures.save_png(pictures.to_bytes(picture), path)
    return str(path)


def rows(run: str, work: Path) -> dict[str, Callable[[], Row]]:
    """A function for each verb."""
    held_out = reference("emoji", Fit((SIDE, SIDE), 3)).held_out / np.float32(255)
    face, fruit, animal = held_out[4], held_out[-14], held_out[34]
    first, second = saved(face, work / "first.png"), saved(animal, work / "second.png")
    left, top, right, bottom = BOX
    hole = animal.copy()
    hole[top:bottom, left:right] = 0.6
    small = reduce(animal, "(h p) (w q) c -> h w c", "mean", p=2, q=2)
    grey = fruit @ LUMA[:, None]
    small_file, grey_file = saved(small, work / "small.png"), saved(grey, work / "grey.png")
    box = ("--box", *map(str, BOX), "--count", "5")
    large = small.repeat(2, 0).repeat(2, 1)
    return {
        "inpaint": lambda: [hole, *made(run, work, "inpaint", second, *box), animal],
        "img2img": lambda: [
            face,
            *(
                each
                for strength in ("0.3", "0.5", "0.7")
                for each in made(run, work, "img2img", first, "--strength", strength, "--count", "2")
            ),
        ],
        "variations": lambda: [
            face,
            *made(run, work, "variations", first, "--amount", "0.4", "--count", "6"),
        ],
        "interpolate": lambda: made(run, work, "interpolate", first, second, "--count", "7"),
        "invert": lambda: made(run, work, "invert", first),
        "upscale": lambda: [large, *made(run, work, "upscale", small_file, "--count", "5"), animal],
        "colorize": lambda: [
            grey.repeat(3, -1),
            *made(run, work, "colorize", grey_file, "--count", "5"),
            fruit,
        ],
    }


def main() -> None:
    """Writes a picture for each verb, or for those that are named."""
    run, *only = sys.argv[1:]
    with tempfile.TemporaryDirectory() as work:
        for verb, row in rows(run, Path(work)).items():
            if not only or verb in only:
                images = np.stack(row())
                path = TARGET / f"edit-{verb}.png"
                pictures.save_png(pictures.grid(images, len(images)), path, SCALE)
                print(path)


if __name__ == "__main__":
    main()
