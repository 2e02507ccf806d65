"""Copies of made-up pictures: saved anew, noisy, mirrored; pairs in plain loops; sets of different sizes."""

import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.metrics.memorisation import Memorisation, Views, copies, memorisation, pixels


def pictures(count: int, seed: int) -> np.ndarray:
    """Soft random pictures, (count, 8, 6, 3) in [0, 1]."""
    coarse = np.random.default_rng(seed).random((count, 4, 3, 3))
    return coarse.repeat(2, axis=1).repeat(2, axis=2).astype(np.float32)


TRAIN, HELD_OUT, NEW = pictures(300, 0), pictures(60, 1), pictures(50, 2)


def measured(samples: np.ndarray, train: np.ndarray = TRAIN, held_out: np.ndarray = HELD_OUT) -> Memorisation:
    return memorisation(pixels(samples), pixels(train).upright, pixels(held_out))


NOISE = np.random.default_rng(3).normal(0, 0.02, TRAIN.shape).astype(np.float32)
CHANGES = {
    "the same": TRAIN,
    "in bytes": np.round(TRAIN * 255) / np.float32(255),
    "noisy": np.clip(TRAIN + NOISE, 0, 1),
    "mirrored": TRAIN[:, :, ::-1],
    "mirrored and noisy": np.clip(TRAIN + NOISE, 0, 1)[:, :, ::-1],
    "one of them again and again": TRAIN[:1].repeat(40, axis=0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_training_pictures_are_copies(change: str) -> None:
    found = measured(CHANGES[change])
    assert copies(found).share.value == 1 and copies(found).of_held_out.value == 0
    assert np.median(found.ratio) < 0.3 and found.trend < -3
    if "again" not in change:
        np.testing.assert_array_equal(found.train.place, np.arange(len(TRAIN)))
        assert found.train.mirrored.all() == ("mirrored" in change) == found.train.mirrored.any()


def test_new_pictures_are_no_copies_and_are_as_near_to_either_set() -> None:
    """The two sets' sizes, 300 and 60, are made up for: ratios are about 1, within the spread of 50."""
    found = measured(NEW)
    assert copies(found).share == pytest.approx((0, 0, 0.0713), abs=1e-4)
    assert abs(np.median(found.ratio) - 1) < 0.05 and abs(found.trend) < 3
    assert np.median(found.train.distance / found.held_out.distance) < 0.95


def test_pairs_are_the_nearest() -> None:
    found = measured(NEW)
    for pair, others in ((found.train, TRAIN), (found.held_out, HELD_OUT)):
        for sample, index, distance, mirrored in zip(NEW, *pair, strict=True):
            views = [[float(np.linalg.norm(v - o)) for o in others] for v in (sample, sample[:, ::-1])]
            assert distance == pytest.approx(np.min(views), rel=1e-6)
            assert (int(mirrored), index) == np.unravel_index(np.argmin(views), (2, len(others)))


def test_bytes_are_as_good_as_fractions() -> None:
    """255 times as far apart, and all else the same."""
    coarse = [np.round(255.0 * each.astype(np.float64)) for each in (NEW, TRAIN, HELD_OUT)]
    whole, part = (
        measured(*(each.astype(np.uint8) for each in coarse)),
        measured(*(each / 255 for each in coarse)),
    )
    for found, expected in ((whole.train, part.train), (whole.held_out, part.held_out)):
        np.testing.assert_array_equal(found.place, expected.place)
        np.testing.assert_array_equal(found.mirrored, expected.mirrored)
        np.testing.assert_allclose(found.distance, 255 * expected.distance, rtol=1e-9)
    np.testing.assert_allclose(whole.closeness, part.closeness, rtol=1e-9)
    np.testing.assert_allclose(whole.ratio, part.ratio, rtol=1e-9)


def test_closeness_is_carlinis() -> None:
    """The nearest over the mean of the 50 nearest."""
    found, sample = measured(NEW), NEW[0]
    near = sorted(
        min(float(np.linalg.norm(view - other)) for view in (sample, sample[:, ::-1])) for other in TRAIN
    )
    assert found.closeness[0] == pytest.approx(near[0] / np.mean(near[:50]), rel=1e-6)


def test_a_tenth_of_copies_is_reported_as_a_tenth() -> None:
    found = measured(np.concatenate([NEW[:45], TRAIN[:5]]))
    told = copies(found)
    assert told.mask.sum() == 5 and told.share.value == 0.1
    assert told.share.low < 0.1 < told.share.high < 0.25
    assert set(np.argsort(found.closeness)[:5]) == set(range(45, 50))


def test_a_copy_in_one_space_is_a_copy() -> None:
    """Such as of a picture that moved: far in pixels, near in features."""
    far, near = measured(NEW), measured(np.concatenate([NEW[:40], TRAIN[:10]]))
    assert copies(far, near).mask.sum() == 10 and copies(far).mask.sum() == 0


def test_a_set_that_has_pictures_twice_says_so() -> None:
    doubled = np.concatenate([HELD_OUT[:54], TRAIN[:6]])
    assert copies(measured(NEW, held_out=doubled)).of_held_out.value == 0.1


def test_training_pictures_that_are_all_alike() -> None:
    found = measured(TRAIN[:20], train=TRAIN[:1].repeat(60, axis=0))
    assert copies(found).mask[0] and not copies(found).mask[1:].any()
    assert np.isfinite(found.closeness).all() and found.closeness[1] == pytest.approx(1)


def test_too_few_pictures() -> None:
    with pytest.raises(UserError, match="among 0 pictures"):
        measured(NEW, train=TRAIN[:0])
    with pytest.raises(UserError, match="need 2 pictures, not 1"):
        measured(NEW, held_out=HELD_OUT[:1])


def test_views_are_a_picture_and_its_mirror_image() -> None:
    upright, mirrored = pixels(NEW)
    assert isinstance(pixels(NEW), Views) and upright.shape == (50, 144)
    np.testing.assert_array_equal(mirrored.reshape(NEW.shape), NEW[:, :, ::-1])
