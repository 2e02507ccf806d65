"""A picture of any size -> the size asked: centre crop, then an antialiased bilinear resize.

The crop is the largest centred rectangle of the target's aspect ratio; for a square target, the
shorter side's full extent.
"""

import numpy as np
from PIL import Image


def centre_crop(extent: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the crop.

    Args:
        extent: (height, width) of the picture.
        size: (height, width) of the target, of which only the ratio counts.
    """
    (height, width), (target_height, target_width) = extent, size
    crop_height = max(1, min(height, round(width * target_height / target_width)))
    crop_width = max(1, min(width, round(height * target_width / target_height)))
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return left, top, left + crop_width, top + crop_height


def fit(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """Crop and resize a picture of mode L or RGB.

    Pillow's bilinear filter widens with the reduction, so it is antialiased; `reducing_gap` first
    shrinks by whole factors, which is quicker, and differs by under 1/255 on average.

    Returns:
        uint8 (height, width, 1 or 3).
    """
    height, width = size
    if image.size != (width, height):
        box = centre_crop((image.height, image.width), size)
        image = image.resize((width, height), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
    return np.asarray(image).reshape(height, width, -1)
