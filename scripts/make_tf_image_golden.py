"""Make `tests/data/tf_image.npz`: what TensorFlow makes of the photos of `tests/data/photos`.

    python scripts/make_tf_image_golden.py

It needs TensorFlow, which the tests do not. The preprocessing is that of the article's reference code: the
centred square of the shorter side, resized to 64 x 64 (bilinear, antialiased), clipped to [0, 1].

It is done twice. `article` leaves everything at TensorFlow's defaults, among them a JPEG decoder that
truncates where it should round, and so darkens every picture by three quarters of a level. `exact` asks for
the decoder that rounds, whose pixels are those of Pillow, so that only cropping and resizing may differ.
"""

from pathlib import Path

import numpy as np

DATA = Path(__file__).parents[1] / "tests/data"
SIZE = (64, 64)  # height and width, pixels


METHODS = {"article": "", "exact": "INTEGER_ACCURATE"}  # of decoding; empty is the default


def preprocess(path: Path, method: str) -> np.ndarray:
    """Float32 (64, 64, 3) in [0, 1], by TensorFlow alone."""
    import tensorflow as tf  # noqa: PLC0415  # pyright: ignore[reportMissingImports, reportMissingModuleSource]

    image = tf.io.decode_jpeg(tf.io.read_file(str(path)), channels=3, dct_method=method)
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    side = tf.minimum(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = tf.image.crop_to_bounding_box(image, top, left, side, side)
    resized = tf.image.resize(square, SIZE, antialias=True)
    return tf.clip_by_value(resized / 255.0, 0.0, 1.0).numpy()


def main() -> None:
    """Writes the photos' names, TensorFlow's pixels and its version."""
    import tensorflow as tf  # noqa: PLC0415  # pyright: ignore[reportMissingImports, reportMissingModuleSource]

    photos = sorted((DATA / "photos").glob("*.jpg"))
    images = {
        name: np.stack([preprocess(path, method) for path in photos]).astype(np.float16)
        for name, method in METHODS.items()
    }
    target, names = DATA / "tf_image.npz", np.array([path.name for path in photos])
    made_by = np.array(f"tensorflow {tf.__version__}")
    np.savez_compressed(
        target, names=names, made_by=made_by, article=images["article"], exact=images["exact"]
    )
    error = np.abs(images["article"].astype(float) - images["exact"]).mean() * 255
    print(f"{target}: {len(photos)} photos, TensorFlow {tf.__version__}, {target.stat().st_size:,} bytes")
    print(f"the default decoder is {error:.3f}/255 from the exact one on average")


if __name__ == "__main__":
    main()
