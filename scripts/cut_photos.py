"""Cut the 50 photos of `tests/data/photos` from 17 free photographs (`SOURCE.md` there lists them).

    python scripts/cut_photos.py FOLDER

The folder holds the photographs under the names that their packages give them. Every cut has a size of its
own, from 75 to 1,301 pixels a side, and takes its turn at quality, chroma subsampling and progressive coding.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

TARGET = Path(__file__).parents[1] / "tests/data/photos"
PHOTOGRAPHS = {
    "aitzgorri": "aitzgorri_by_Aitzol_Berasategi.jpg",
    "friends": "friends_by_Aitzol_Berasategi.jpg",
    "life": "life_by_Aitzol_Berasategi.jpg",
    "picos": "picosdeeuropa_by_Aitzol_Berasategi.jpg",
    "sunset": "sunset_by_Aitzol_Berasategi.jpg",
    "fig": "Picture_0B_by_freespace.jpg",
    "brushes": "Picture_1A_by_freespace.jpg",
    "wine": "Wine_by_Jakkub_Mede.jpg",
    "dandelion": "seeding_by_Clements_Engelhardt.jpg",
    "astronaut": "astronaut.png",
    "camera": "camera.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "hubble": "hubble_deep_field.jpg",
    "rocket": "rocket.jpg",
    "china": "china.jpg",
    "flower": "flower.jpg",
}
# (width, height) of the cuts; a photograph that is smaller gives what it has
SIZES = (
    *((101, 75), (75, 113), (133, 97), (127, 127), (129, 255), (257, 131), (149, 211), (231, 173)),
    *((199, 301), (333, 251), (255, 341), (257, 385), (401, 259), (300, 401), (513, 383), (347, 521)),
    *((500, 375), (375, 500), (499, 333), (333, 499), (500, 667), (511, 769), (703, 521), (640, 427)),
    *((1031, 777), (89, 267), (301, 99), (451, 299), (281, 283), (600, 397), (525, 700), (241, 239)),
    *((320, 213), (239, 320), (180, 320), (323, 181), (427, 285), (383, 509), (427, 311), (115, 173)),
    *((517, 511), (1025, 1301), (263, 391), (449, 300), (205, 137), (137, 205), (367, 275), (275, 367)),
    *((291, 437), (385, 257)),
)
QUALITIES, SUBSAMPLINGS = (85, 80, 90), ("4:2:0", "4:4:4", "4:2:0", "4:2:2", "4:2:0")


def cut(photograph: Image.Image, size: tuple[int, int], random: np.random.Generator) -> Image.Image:
    """A piece of the photograph, at a random place, seen from somewhere between near and far."""
    width, height = (min(side, extent) for side, extent in zip(size, photograph.size, strict=True))
    farthest = min(photograph.width / width, photograph.height / height)
    zoom = farthest ** random.uniform(0.4, 1.0)
    left = random.uniform(0, photograph.width - zoom * width)
    top = random.uniform(0, photograph.height - zoom * height)
    box = (left, top, left + zoom * width, top + zoom * height)
    return photograph.resize((width, height), Image.Resampling.LANCZOS, box=box)


def main() -> None:
    """Read the folder that the command line names; write the cuts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    random, names = np.random.default_rng(0), tuple(PHOTOGRAPHS)
    TARGET.mkdir(parents=True, exist_ok=True)
    for number, size in enumerate(SIZES):
        name = names[number % len(names)]
        with Image.open(folder / PHOTOGRAPHS[name]) as photograph:
            piece = cut(photograph, size, random)
        path = TARGET / f"{number:02}-{name}-{piece.width}x{piece.height}.jpg"
        subsampling = SUBSAMPLINGS[number % 5] if piece.mode == "RGB" else None
        coding = {} if subsampling is None else {"subsampling": subsampling}
        piece.save(path, quality=QUALITIES[number % 3], progressive=number % 7 == 6, **coding)
    sizes = [path.stat().st_size for path in TARGET.glob("*.jpg")]
    print(f"{TARGET}: {len(sizes)} files, {sum(sizes):,} bytes")


if __name__ == "__main__":
    main()
