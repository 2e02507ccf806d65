"""A decoded picture's colours as plain sRGB: the profile it carries is applied, and then forgotten."""

import threading
from io import BytesIO

from PIL import Image, ImageCms

SRGB = ImageCms.createProfile("sRGB")
MODES = ("RGB", "CMYK")
REMEMBERED = 16  # transforms

_local = threading.local()  # Little CMS's transforms must not be shared between threads


def to_srgb(image: Image.Image) -> Image.Image:
    """The picture in sRGB, where it carries a profile that says it is in something else.

    Transparency is kept. A damaged profile, or one for other modes than RGB and CMYK, is passed over:
    the pixels are then taken as sRGB, as programs without colour management do.
    """
    profile = image.info.get("icc_profile")
    mode = "RGB" if image.mode == "RGBA" else image.mode
    if not profile or mode not in MODES:
        return image
    transform = _transform(profile, mode)
    if transform is None:
        return image
    converted = ImageCms.applyTransform(image.convert(mode), transform)
    assert converted is not None, "only with inPlace"
    if image.mode == "RGBA":
        converted.putalpha(image.getchannel("A"))
    return converted


def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB; None where it is sRGB already, or damaged."""
    known = _local.__dict__.setdefault("transforms", {})
    if (profile, mode) not in known:
        while len(known) >= REMEMBERED:
            known.pop(next(iter(known)))
        known[profile, mode] = _built(profile, mode)
    return known[profile, mode]


def _built(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return None
        return ImageCms.buildTransform(source, SRGB, mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
