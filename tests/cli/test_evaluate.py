"""`mezzotint evaluate` as a person uses it, with an extractor that costs nothing."""

import json
from dataclasses import replace
from functools import cache as cache_of
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from PIL import Image

from mezzotint.cli.main import main
from mezzotint.config import Config
from mezzotint.data.fit import Fit
from mezzotint.data.open import open_source
from mezzotint.data.source import DataSource
from mezzotint.evaluation import cache
from mezzotint.evaluation.pictures_of import everything, reference
from mezzotint.evaluation.report import read
from mezzotint.metrics.extractors import EXTRACTORS
from tests.metrics.test_on_flowers import FLOWERS
from tests.studio.page import Page, picture
from tests.training.runs import train


class Small:
    """The pictures at 4x4."""

    name, version, dimensions = "small", "1", 48

    def __call__(self, images: Array) -> Array:
        """(batch, 48)."""
        small = images.reshape(len(images), 4, images.shape[1] // 4, 4, images.shape[2] // 4, 3).mean((2, 4))
        return jnp.asarray(small).reshape(len(images), 48)


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with 400 different pictures; all features and their cache are here."""
    monkeypatch.setitem(EXTRACTORS, "small", Small)
    monkeypatch.setattr(cache, "user_cache_path", lambda name: tmp_path / "cache")
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for index in range(400):
        Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)).save(
            tmp_path / f"photos/{index:03d}.png"
        )
    return tmp_path / "photos"


def evaluate(*words: str) -> dict:
    """The report."""
    main(["evaluate", *words, "--extractor", "small"])
    return json.loads(Path("evaluation/report.json").read_text())


def error(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", *words])
    found = capsys.readouterr().err
    assert stopped.value.code == 2 and found.count("\n") == 1 and not Path("evaluation/report.json").exists()
    return found


def test_training_pictures_are_all_copies_and_held_out_ones_none(photos: Path) -> None:
    copied = evaluate("folder:photos:train", "--against", "folder:photos")
    assert copied["copies"]["share"] == copied["copies"]["nearer"] == 1.0
    assert copied["numbers"]["FID[small]"]["value"] == pytest.approx(0, abs=1e-9)
    samples, real = everything("folder:photos:train"), reference("folder:photos", Fit((8, 8)))
    assert len(copied["pairs"]) == 16
    assert all(np.array_equal(samples[sample], real.train[train]) for sample, train, _ in copied["pairs"])
    fresh = evaluate("folder:photos:validation", "--against", "folder:photos")
    assert fresh["copies"]["share"] == 0.0
    assert abs(fresh["copies"]["trend"]) < 0.1 and fresh["copies"]["nearer"] == 0


def test_a_folder_that_was_copied_is_caught(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    for index in range(0, 400, 8):
        Image.open(photos / f"{index:03d}.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(
            tmp_path / f"samples/{index}.png"
        )
    found = evaluate("samples", "--against", "folder:photos")
    assert found["count"] == 50 and found["what"] == "samples"
    assert found["copies"]["share"] > 0.8  # the rest are mirror images of held-out pictures


def copied_share(photos: DataSource) -> float:
    """The share of copies among 100 photos that stand in a folder as 64x64 PNGs, compared at 16x16."""
    folder = Path(f"samples-of-{len(photos)}")
    folder.mkdir()
    for row in np.random.default_rng(1).permutation(len(photos))[:100].tolist():
        Image.fromarray(photos[row]["image"]).save(folder / f"{row}.png")
    found = evaluate(str(folder), "--against", f"flowers:{FLOWERS}", "--image-size", "16", "16")
    assert found["count"] == 100
    return found["copies"]["share"]


@pytest.mark.skipif(not FLOWERS.is_dir(), reason="the shared flowers are not here")
def test_a_folder_of_real_photos_is_all_copies_if_they_were_trained_on(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of held-out photos about 0%: the set has 4 of 1,449 twice."""
    monkeypatch.setattr("mezzotint.cli.evaluate.reference", cache_of(reference))  # they are decoded once
    splits = open_source(f"flowers:{FLOWERS}", Fit((64, 64)))
    assert copied_share(splits.train) == 1
    assert copied_share(splits.validation) <= 0.02


def test_a_runs_pictures_are_made_once_and_its_report_is_whole(
    photos: Path, tiny: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    train(replace(tiny, data="folder:photos", steps=2), Path("run"))
    first = evaluate("run", "--count", "30", "--steps", "2", "--seed", "3")
    files = {path: path.stat().st_mtime_ns for path in Path("evaluation/samples").iterdir()}
    again = evaluate("run", "--count", "30", "--steps", "2", "--seed", "3")
    assert again == first and files == {path: path.stat().st_mtime_ns for path in files}
    assert first["made"]["steps"] == 2 and first["seed"] == 3 and len(first["made"]["weights"]) == 64
    assert read(Path("evaluation/report.json")).count == 30

    said = capsys.readouterr().out
    for name, number in first["numbers"].items():
        assert number["low"] <= number["value"] <= number["high"], name
        assert name in said and f"{number['floor']:.4g}" in said
    assert "copies of training pictures: " in said and "evaluation/report.html" in said
    page = Page(Path("evaluation/report.html").read_text())
    assert [picture(tag).size for tag in page.all("img")] and page.text("h1") == ["run"]
    assert "warning: FID[small] of 30 pictures means little" in said

    assert "made otherwise (seed differ)" in error_of_run(capsys)


def test_a_run_is_measured_with_several_seeds(
    photos: Path, tiny: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    train(replace(tiny, data="folder:photos", steps=2), Path("run"))
    words = ["run", "--count", "20", "--steps", "2", "--seed", "3", "--repeats", "2", "--extractor", "small"]
    main(["evaluate", *words])
    reports = [read(Path(f"evaluation/seed-{seed}/report.json")) for seed in (3, 4)]
    each = [report.numbers["KID[small]"].value for report in reports]
    assert [report.seed for report in reports] == [3, 4] and each[0] != each[1]
    found = json.loads(Path("evaluation/repeats.json").read_text())
    assert found["seeds"] == [3, 4] and found["count"] == 20 and found["what"] == "run"
    number, half = found["numbers"]["KID[small]"], 12.7062 * abs(each[0] - each[1]) / 2  # Student's, of two
    assert number["each"] == each and number["value"] == pytest.approx(np.mean(each))
    assert number["high"] - number["value"] == pytest.approx(half, rel=1e-4)
    assert found["numbers"]["copies"]["each"] == [report.copies.share for report in reports]
    said = capsys.readouterr().out
    assert "2 times 20 pictures of run, of the seeds 3, 4" in said and "evaluation/repeats.json" in said


def error_of_run(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", "run", "--count", "30", "--steps", "2", "--extractor", "small"])
    assert stopped.value.code == 2
    return capsys.readouterr().err


BAD = {
    "nothing to hold it against": (["folder:photos:train"], "say which source folder:photos:train is held"),
    "too few asked": (["folder:photos", "--against", "folder:photos", "--count", "5"], "at least 20, not 5"),
    "repeats of what stays": (
        ["folder:photos:train", "--repeats", "3"],
        "--repeats is of a run: the pictures of folder:photos:train stay the same",
    ),
    "no repeats": (["folder:photos", "--repeats", "0"], "--repeats must be at least 1, not 0"),
    "an unknown extractor": (
        ["folder:photos", "--extractor", "incept"],
        "no extractor 'incept'; did you mean",
    ),
    "no such source": (["fasion:train", "--against", "fashion"], "there is no source 'fasion:train'"),
    "too few there": (
        ["few", "--against", "folder:photos"],
        "few has 3 pictures, and an evaluation takes 20",
    ),
    "mismatched sizes": (["odd", "--against", "folder:photos"], "differ in size"),
}


@pytest.mark.parametrize(("words", "expected"), BAD.values(), ids=BAD)
def test_bad_input_is_one_clear_line(
    photos: Path, capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    for folder, sizes in (("few", [(8, 8)] * 3), ("odd", [(8, 8), (9, 8)])):
        Path(folder).mkdir()
        for index, size in enumerate(sizes):
            Image.new("RGB", size, (index, 0, 0)).save(f"{folder}/{index}.png")
    extractor = [] if "--extractor" in words else ["--extractor", "small"]
    assert expected in error(capsys, *words, *extractor)
