"""A hundred good pictures, of every kind that people have, all different."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms, features

from .pictures import encode, noise

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _image(seed: int, mode: str = "RGB") -> Image.Image:
    return Image.fromarray(noise(seed, 40, 56)).convert(mode)


def _turned(seed: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = seed % 8 + 1
    return encode(_image(seed), "JPEG", exif=exif)


def _clear_palette(seed: int) -> bytes:
    return encode(_image(seed).quantize(32), "PNG", transparency=3)


def _alpha(seed: int, mode: str, kind: str) -> bytes:
    image = _image(seed, mode)
    image.putalpha(Image.fromarray(noise(seed + 1000, 40, 56, channels=1)))
    return encode(image, kind)


def _animated(seed: int, kind: str) -> bytes:
    frames = [_image(seed + 1000 * frame) for frame in range(3)]
    return encode(frames[0], kind, save_all=True, append_images=frames[1:])


def _deep(seed: int, kind: str) -> bytes:
    values = np.random.default_rng(seed).integers(0, 65536, (40, 56), dtype=np.uint16)
    return encode(values, kind)


def _float(seed: int) -> bytes:
    return encode(np.random.default_rng(seed).random((40, 56), dtype=np.float32), "TIFF")


KINDS: dict[str, Callable[[int], bytes]] = {
    "rgb.jpg": lambda seed: encode(_image(seed), "JPEG"),
    "grey.jpg": lambda seed: encode(_image(seed, "L"), "JPEG"),
    "progressive.jpg": lambda seed: encode(_image(seed), "JPEG", progressive=True),
    "cmyk.jpg": lambda seed: encode(_image(seed, "CMYK"), "JPEG"),
    "turned.jpg": _turned,
    "profile.jpg": lambda seed: encode(_image(seed), "JPEG", icc_profile=SRGB),
    "rgb.png": lambda seed: encode(_image(seed)),
    "grey.png": lambda seed: encode(_image(seed, "L")),
    "bits.png": lambda seed: encode(_image(seed, "1")),
    "palette.png": lambda seed: encode(_image(seed, "P")),
    "clear_palette.png": _clear_palette,
    "rgba.png": lambda seed: _alpha(seed, "RGB", "PNG"),
    "grey_alpha.png": lambda seed: _alpha(seed, "L", "PNG"),
    "deep.png": lambda seed: _deep(seed, "PNG"),
    "moving.png": lambda seed: _animated(seed, "PNG"),
    "still.gif": lambda seed: encode(_image(seed), "GIF"),
    "moving.gif": lambda seed: _animated(seed, "GIF"),
    "lossy.webp": lambda seed: encode(_image(seed), "WEBP"),
    "clear.webp": lambda seed: _alpha(seed, "RGB", "WEBP"),
    "moving.webp": lambda seed: _animated(seed, "WEBP"),
    "rgb.bmp": lambda seed: encode(_image(seed), "BMP"),
    "rgb.tiff": lambda seed: encode(_image(seed), "TIFF"),
    "packed.tiff": lambda seed: encode(_image(seed), "TIFF", compression="tiff_lzw"),
    "deep.tiff": lambda seed: _deep(seed, "TIFF"),
    "float.tiff": _float,
    "rgb.ppm": lambda seed: encode(_image(seed), "PPM"),
    "rgb.jp2": lambda seed: encode(_image(seed), "JPEG2000"),
    "wrong_name.txt": lambda seed: encode(_image(seed), "PNG"),
}
if features.check("avif"):
    KINDS["rgb.avif"] = lambda seed: encode(_image(seed), "AVIF")


def good_files(count: int = 100) -> dict[str, bytes]:
    """Name -> content, the kinds in turn."""
    kinds = list(KINDS.items())
    return {
        f"good/{seed:03}.{name}": make(seed)
        for seed in range(count)
        for name, make in [kinds[seed % len(kinds)]]
    }
