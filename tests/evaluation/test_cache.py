"""Features by content: found again for the same pictures, made again for all others and for damaged files."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.evaluation.cache import cached, digest

PICTURES = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 1), np.uint8)


class Means:
    """Rows' means; counts what it is asked."""

    name, version, dimensions = "means", "1", 4

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.asked = 0

    def __call__(self, images: Array) -> Array:
        """(batch, 4)."""
        self.asked += 1
        return jnp.asarray(images).mean((2, 3))


def of(extractor: Means, folder: Path, pictures: np.ndarray = PICTURES) -> np.ndarray:
    return cached(extractor, pictures, lambda count: None, folder)


def test_the_same_pictures_are_extracted_once(tmp_path: Path) -> None:
    first, again = Means(), Means()
    made = of(first, tmp_path)
    np.testing.assert_allclose(made, PICTURES.mean((2, 3)) / 255, rtol=1e-6)
    np.testing.assert_array_equal(of(again, tmp_path, PICTURES.copy()), made)
    assert first.asked > again.asked == 0


def test_another_picture_shape_or_version_is_extracted(tmp_path: Path) -> None:
    of(Means(), tmp_path)
    changed, other = PICTURES.copy(), Means()
    changed[5, 3, 3] ^= 1
    other.version = "2"
    for extractor, pictures in ((Means(), changed), (Means(), PICTURES[:5]), (other, PICTURES)):
        of(extractor, tmp_path, pictures)
        assert extractor.asked
    assert digest(PICTURES) != digest(PICTURES.reshape(6, 4, 2, 2))


@pytest.mark.parametrize("damage", ["a flipped bit", "cut short", "empty"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    made = of(Means(), tmp_path)
    (file,) = tmp_path.rglob("*.npz")
    content = bytearray(file.read_bytes())
    if damage == "a flipped bit":
        content[content.index(made.tobytes()[:8]) + 1] ^= 4
    file.write_bytes({"cut short": content[:100], "empty": b""}.get(damage, content))
    extractor = Means()
    np.testing.assert_array_equal(of(extractor, tmp_path), made)
    assert extractor.asked


def test_a_cache_that_cannot_be_written_costs_time_alone(tmp_path: Path) -> None:
    (tmp_path / "means-1").write_text("in the way")
    np.testing.assert_allclose(of(Means(), tmp_path), PICTURES.mean((2, 3)) / 255, rtol=1e-6)
