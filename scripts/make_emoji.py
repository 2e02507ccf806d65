"""Rebuild `src/mezzotint/data/packaged/emoji.npz`, byte for byte, from two npm packages.

    npm pack emoji-datasource-google@16.0.0 @lobehub/fluent-emoji-3d@1.1.0
    mkdir noto fluent
    tar xzf emoji-datasource-google-16.0.0.tgz -C noto
    tar xzf lobehub-fluent-emoji-3d-1.1.0.tgz -C fluent
    python scripts/make_emoji.py noto/package fluent/package

Equal bytes need the Pillow of `constraints.txt`: its libwebp writes the pictures. Other versions may
write other bytes, for the same pixels. It takes some two minutes.
"""

import argparse
import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

TARGET = Path(__file__).parents[1] / "src/mezzotint/data/packaged/emoji.npz"
SIZE = (64, 64)
LABELS = {  # label -> how the subcategories that belong to it begin
    "face": ("face-",),
    "animal": ("animal-", "cat-face", "monkey-face"),
    "plant": ("plant-",),
    "food": ("food-",),
    "drink": ("drink",),
}
WRITING = {"1f4ae", "1f92c"}  # a stamp with a line of writing in it, a face with signs for a mouth
HELD_OUT_PERCENT = 10


class Emoji(NamedTuple):
    """An emoji of the metadata: its code points as files write them, its Noto file, its label."""

    code: str
    file: str
    label: int


class Picture(NamedTuple):
    """An emoji in one style: uint8 (64, 64, 3)."""

    emoji: Emoji
    style: str
    pixels: np.ndarray


def read_emoji(path: Path) -> list[Emoji]:
    """The faces, animals, plants, food and drinks, in Unicode's order."""
    records = sorted(json.loads(path.read_bytes()), key=lambda record: record["sort_order"])
    found = (
        Emoji(record["unified"].lower(), record["image"], label)
        for record in records
        for label, beginnings in enumerate(LABELS.values())
        if record["subcategory"].startswith(beginnings) and "skin_variations" not in record
    )
    return [emoji for emoji in found if emoji.code not in WRITING]


def on_white(path: Path) -> np.ndarray:
    """A picture laid over white first, so that no colour of clear pixels gets in, then resized."""
    with Image.open(path) as image:
        drawn = image.convert("RGBA")
    white = Image.new("RGBA", drawn.size, "white")
    white.alpha_composite(drawn)
    opaque = white.convert("RGB")
    return np.asarray(opaque if opaque.size == SIZE else opaque.resize(SIZE, Image.Resampling.LANCZOS))


def read_pictures(emoji: list[Emoji], noto: Path, fluent: Path) -> list[Picture]:
    """Each emoji in both styles, or in Noto's alone; of equal pictures, the first."""
    files = (
        (each, style, path)
        for each in emoji
        for style, path in (
            ("noto", noto / "img/google/64" / each.file),
            ("fluent", fluent / "assets" / f"{each.code}.webp"),
        )
    )
    pictures = [Picture(each, style, on_white(path)) for each, style, path in files if path.is_file()]
    first: dict[bytes, Picture] = {}
    for picture in pictures:
        first.setdefault(picture.pixels.tobytes(), picture)
    return list(first.values())


def held_out(emoji: list[Emoji]) -> set[str]:
    """Of each label's code points a tenth, rounded: those with the lowest SHA-256.

    So both styles of an emoji are on the same side, and each label is on both sides.
    """
    chosen: set[str] = set()
    for label in range(len(LABELS)):
        codes = [each.code for each in emoji if each.label == label]
        codes.sort(key=lambda code: hashlib.sha256(code.encode()).digest())
        chosen.update(codes[: round(len(codes) * HELD_OUT_PERCENT / 100)])
    return chosen


def lossless(pixels: np.ndarray) -> bytes:
    """A WebP file: a fifth smaller than a PNG."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", lossless=True, quality=100, method=6)
    return file.getvalue()


def packed(emoji: list[Emoji], pictures: list[Picture]) -> dict[str, np.ndarray]:
    """The arrays of the packaged file; `packaged/emoji.SOURCE` says what each is."""
    chosen = held_out(emoji)
    files = [lossless(picture.pixels) for picture in pictures]
    return {
        "files": np.frombuffer(b"".join(files), np.uint8),
        "ends": np.cumsum([len(file) for file in files], dtype=np.int64),
        "labels": np.array([picture.emoji.label for picture in pictures], np.uint8),
        "label_names": np.array(list(LABELS)),
        "held_out": np.array([picture.emoji.code in chosen for picture in pictures]),
        "codes": np.array([picture.emoji.code for picture in pictures]),
        "styles": np.array([picture.style for picture in pictures]),
    }


def main() -> None:
    """Read the two folders that the command line names; write the packaged file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("noto", type=Path, help="the unpacked emoji-datasource-google")
    parser.add_argument("fluent", type=Path, help="the unpacked @lobehub/fluent-emoji-3d")
    folders = parser.parse_args()
    emoji = read_emoji(folders.noto / "emoji.json")
    pictures = read_pictures(emoji, folders.noto, folders.fluent)
    # numpy dates every member 1980-01-01, so equal arrays make equal bytes
    np.savez_compressed(TARGET, **packed(emoji, pictures))  # pyright: ignore[reportArgumentType]
    print(f"{TARGET}: {len(pictures)} pictures of {len(emoji)} emoji, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
