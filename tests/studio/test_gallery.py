"""The page of a run: whole, closed in itself, and robust against what a run folder may lack."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mezzotint.cli.main import main
from mezzotint.model import Model
from mezzotint.pictures import GAP, grid, png, save_png
from mezzotint.runs import journal
from mezzotint.runs.folder import RunFolder
from mezzotint.runs.seal import seal
from mezzotint.studio.gallery import page, samples
from mezzotint.studio.progress import cut
from tests.studio.conftest import NASTY, SHEETS, STEPS, random_sheet, tiny_config
from tests.studio.page import Page, picture

COUNT = 4
SIDE = 2 * 8 + GAP  # of a grid of four pictures

Run = tuple[Model, RunFolder]


def _page(run: Run) -> Page:
    model, folder = run
    return Page(page(model, folder, model.sample(COUNT), STEPS, seed=0))


def _progress(of: Page) -> list[str]:
    return [text for text in of.text("figcaption") if text.startswith("step ")]


def test_page_is_whole(run: Run) -> None:
    """Headings in order, one title, a language; nothing is left of the template's names."""
    made = _page(run)
    assert made.all("html")[0].attributes["lang"] == "en"
    assert len(made.all("h1")) == 1
    assert made.text("h2") == [
        "Pictures",
        "As training went on",
        "Loss",
        "From noise to picture",
        "Speed",
        "Settings",
        "Make it again",
    ]
    assert len(made.all("caption")) == len(made.all("table")) > 3
    assert all(tag.attributes["scope"] == "row" for tag in made.all("th"))


def test_ids_are_unique_and_labels_point_at_them(run: Run) -> None:
    """What aria-labelledby names is there, once."""
    made = _page(run)
    ids = [tag.attributes["id"] for tag in made.tags if "id" in tag.attributes]
    named = " ".join(tag.attributes.get("aria-labelledby", "") for tag in made.tags).split()
    assert len(ids) == len(set(ids))
    assert set(named) <= set(ids)


def test_nothing_is_fetched(run: Run) -> None:
    """No script, and no reference but data: URIs."""
    made = _page(run)
    references = [
        value
        for tag in made.tags
        for name, value in tag.attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href")
    ]
    assert references and all(value.startswith("data:") for value in references)
    assert not {"script", "iframe", "object", "embed", "base"} & {tag.name for tag in made.tags}
    assert not re.search(r"url\(|@import|//", "".join(made.text("style")))


def test_every_picture_opens_and_has_an_alt(run: Run) -> None:
    """Sizes are whole multiples of the picture's own."""
    for tag in _page(run).all("img"):
        width, height = picture(tag).size
        scale, rest = divmod(int(tag.attributes["width"]), width)
        assert tag.attributes["alt"] and scale >= 1 and rest == 0
        assert int(tag.attributes["height"]) == scale * height


def test_the_final_samples_are_the_models(run: Run) -> None:
    """The first grid holds the model's pictures; between them nothing is drawn."""
    shown = np.asarray(picture(_page(run).all("img")[0]))
    expected = np.round(run[0].sample(COUNT)[..., 0] * 255)
    assert shown.shape == (SIDE, SIDE, 2)
    np.testing.assert_array_equal(shown[:8, :8, 0], expected[0])
    np.testing.assert_array_equal(shown[-8:, -8:, 0], expected[3])
    assert shown[8 : 8 + GAP, :, 1].max() == 0 and shown[:8, :8, 1].min() == 255


def test_pictures_by_class_have_a_row_each_and_the_classes_their_names() -> None:
    """Six pictures of three classes in turn; escaped like all that comes from a file."""
    config = replace(tiny_config(), classes=3, label_names=("a", "<b>", "c"))
    images = np.random.default_rng(0).random((6, 8, 8, 1))
    made = Page(f"<div>{samples(images, config, STEPS, seed=0)}</div>")
    (text,) = made.text("p")
    assert text.endswith("seed 0. The 3 classes come in turn: a, <b>, c.")
    shown = np.asarray(picture(made.all("img")[0]))[..., 0]
    np.testing.assert_array_equal(shown[10:18, :8], np.round(images[1, ..., 0] * 255))
    np.testing.assert_array_equal(shown[:8, 10:18], np.round(images[3, ..., 0] * 255))


def test_a_grid_by_class_is_cut_into_its_pictures_in_turn(tmp_path: Path) -> None:
    config = replace(tiny_config(), classes=3)
    images = np.random.default_rng(0).random((9, 8, 8, 1))
    save_png(grid(images, period=3), tmp_path / "sheet.png")
    found = cut(tmp_path / "sheet.png", config)
    assert found is not None
    np.testing.assert_allclose(found, images, atol=0.5 / 255 + 1e-9)


def test_progress_shows_six_steps_with_the_first_and_the_last(run: Run) -> None:
    """Evenly chosen, and the pictures are those of the files."""
    made = _page(run)
    captions = _progress(made)
    assert len(captions) == 6
    assert (captions[0], captions[-1]) == ("step 10", f"step {SHEETS[-1]}")
    first = next(tag for tag in made.all("img") if "step 10" in tag.attributes["alt"])
    shown = np.asarray(picture(first))[..., 0]
    np.testing.assert_array_equal(shown[:8, :8], random_sheet(10)[:8, :8, 0])
    np.testing.assert_array_equal(shown[-8:, -8:], random_sheet(10)[-8:, -8:, 0])


def test_grids_that_cannot_be_shown_are_passed_over(run: Run) -> None:
    """Missing, no picture, of other pictures, outside the run."""
    folder = run[1]
    for step in SHEETS[3:]:
        folder.grid(step).unlink()
    folder.grid(20).write_bytes(b"no picture")
    shutil.copy(folder.grid(30), folder.path.parent / "secret.png")
    folder.grid(30).write_bytes(png(np.zeros((7, 5, 1), np.uint8)))
    journal.append(folder.journal, "sample", 95, file="../secret.png")
    assert _progress(_page(run)) == ["step 10"]


def test_losses_are_three_lines(run: Run) -> None:
    """As it is, smoothed, held out; the held-out one has dots; the chart has a name."""
    made = _page(run)
    assert len(made.all("polyline")) == 3
    assert len(made.all("circle")) == 2
    legend = ["".join(tag.text) for tag in made.all("li")]
    assert legend == ["training loss", "training loss, smoothed", "held-out loss"]
    assert [tag.inside[-1] for tag in made.all("title")] == ["head", "svg"]


def test_the_trajectory_ends_in_the_pictures(run: Run) -> None:
    """Two strips for each picture; the last estimate is what `sample` gives."""
    made = _page(run)
    strips = [tag for tag in made.all("img") if " at t = " in tag.attributes["alt"]]
    assert len(strips) == 2 * 5
    assert strips[0].attributes["alt"].endswith("t = 1.00, 0.75, 0.50, 0.25")
    last = np.asarray(picture(strips[1]))[:, -8:, 0]
    expected = np.round(run[0].sample(COUNT)[0, ..., 0] * 255)
    assert np.abs(last - expected).max() <= 1


def test_text_from_files_is_escaped(run: Run) -> None:
    """Recipe, data set and versions are shown as they are written."""
    made = _page(run)
    assert made.text("h1") == [NASTY]
    assert not {"script", "b"} & {tag.name for tag in made.tags}
    assert "folder:<b>&amp;" in made.text("td")
    assert any("jax <i>" in text for text in made.text("p"))
    summary = "".join(made.of_class("summary")[0].text)
    assert NASTY in summary and "2 devices" in summary and "a run of 100 steps" in summary


def test_an_unfinished_run_says_how_far_it_is(run: Run) -> None:
    """The newest checkpoint that is whole."""
    for step in (40, 60):
        (run[1].checkpoints / str(step)).mkdir(parents=True)
    seal(run[1].checkpoints / "40", loss=None)
    assert "40 of 100 steps" in "".join(_page(run).of_class("summary")[0].text)


def test_speed_is_the_median(run: Run) -> None:
    """Of 45, 50, ..., 140."""
    assert any(text.startswith("92 images/s") for text in _page(run).text("p"))


@pytest.mark.parametrize("text", ["", "5\nnull\n[1]\n{}\n", '{"kind": "train", "step": 1, "loss": NaN}\n'])
def test_a_run_without_figures_has_a_page(run: Run, text: str) -> None:
    """No losses, no grids, no speed: a sentence each."""
    run[1].journal.write_text(text)
    made = _page(run)
    assert not made.all("polyline") and not _progress(made)
    said = made.text("p")
    assert "No losses were recorded." in said and "No speed was recorded." in said
    assert "This run has kept no pictures from its training." in said


def test_exported_weights_alone_have_a_page(run: Run) -> None:
    """A folder with config.json and model.safetensors."""
    run[1].journal.unlink()
    shutil.rmtree(run[1].samples)
    assert len(_page(run).all("h2")) == 7


def test_command_writes_both_files(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their paths are the last output, a line each; nothing else is left behind."""
    out = tmp_path / "out"
    main(["gallery", str(run[1].path), "--count", "4", "--out", str(out)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [str(out / "gallery.png"), str(out / "gallery.html")]
    assert {path.name for path in out.iterdir()} == {"gallery.png", "gallery.html"}
    Page((out / "gallery.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--count", "0"], "--count must be at least 1"),
        (["--seed", "-1"], "--seed must be from 0"),
        (["--steps", "0"], "steps must be from 1"),
        (["--count", "4", "--out", "config.json"], "cannot be written"),
    ],
)
def test_command_says_what_is_wrong(
    run: Run,
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line, and exit code 2."""
    monkeypatch.chdir(run[1].path)
    with pytest.raises(SystemExit) as stopped:
        main(["gallery", str(run[1].path), *words])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
