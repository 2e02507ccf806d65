"""Makers of small picture files, good and bad."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

QUADRANTS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255,) * 3}


def quadrants(height: int = 64, width: int = 64) -> np.ndarray:
    """Red top left, green top right, blue bottom left, white bottom right."""
    picture = np.empty((height, width, 3), np.uint8)
    red, green, blue, white = QUADRANTS.values()
    picture[: height // 2, : width // 2], picture[: height // 2, width // 2 :] = red, green
    picture[height // 2 :, : width // 2], picture[height // 2 :, width // 2 :] = blue, white
    return picture


def noise(seed: int, height: int = 24, width: int = 24, channels: int = 3) -> np.ndarray:
    """A picture that no other seed gives."""
    shape = (height, width, 3) if channels == 3 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encode(picture: np.ndarray | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The picture as a file of some kind."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def rotated(orientation: int) -> bytes:
    """A JPEG of `quadrants`, 96 wide and 64 high once upright, stored as a turned camera does."""
    stored_by = {
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_90,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(quadrants(64, 96)).transpose(stored_by[orientation])
    return encode(image, "JPEG", quality=95, exif=exif)


def png_claiming(width: int, height: int) -> bytes:
    """A tiny PNG whose header claims a size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Put files into a folder, making what folders they need."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


BOMB = encode(Image.new("1", (11_000, 11_000)))  # 121 million pixels in 20 kB
JPEG, PNG = encode(noise(4, 200, 200), "JPEG"), encode(noise(4, 200, 200))
