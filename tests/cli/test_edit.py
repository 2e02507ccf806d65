"""`mezzotint edit` as a person uses it: each verb, and every answer to bad input."""

from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image, ImageSequence

from mezzotint.cli.edit import VERBS
from mezzotint.config import Config
from mezzotint.core.pixels import PixelStatistics
from mezzotint.model import Model, init_variables
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.sampling.ddim import Ddim

from .test_commands import run

STEPS = ("--steps", "3")


def saved(folder: Path, channels: int) -> Path:
    """A model with small random weights, whose own sampler adds noise."""
    network = ArticleUNet(widths=(4, 4), depth=1, stem=4, embedding=4)
    config = Config(
        image_size=(8, 8), channels=channels, network=network, sampler=Ddim(0.5), sampling_steps=2
    )
    shapes = jax.eval_shape(lambda: init_variables(config, jax.random.key(0)))
    generator = np.random.default_rng(0)
    variables = jax.tree.map(lambda leaf: np.float32(abs(generator.normal(0, 0.05, leaf.shape))), shapes)
    mean, variance = np.full(channels, 0.5, "f"), np.full(channels, 0.03, "f")
    return Model(config, variables, PixelStatistics(mean, variance)).save(folder)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model in colour and one in grey, pictures and masks."""
    folder = tmp_path_factory.mktemp("edit")
    saved(folder / "run", 3)
    saved(folder / "grey", 1)
    draws = np.random.default_rng(1).integers(0, 256, (24, 16, 3), np.uint8)
    Image.fromarray(draws[:8, :8]).save(folder / "rose.png")
    Image.fromarray(draws[:4, :4]).save(folder / "small.png")
    Image.fromarray(draws).save(folder / "large.png")
    for name, size in (("mask", (8, 8)), ("large-mask", (24, 16)), ("black", (8, 8))):
        mask = np.zeros(size, np.uint8)
        if name != "black":
            mask[size[0] // 4 : size[0] // 2, size[1] // 2 :] = 255
        Image.fromarray(mask).save(folder / f"{name}.png")
    (folder / "notes.png").write_text("not a picture")
    return folder


@pytest.fixture(autouse=True)
def there(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in a folder of their own that sees the files."""
    for each in here.iterdir():
        (tmp_path / each.name).symlink_to(each)
    monkeypatch.chdir(tmp_path)


def pixels(name: str) -> np.ndarray:
    return np.asarray(Image.open(name))


def edit(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Standard output of a verb that must work."""
    code, out, err = run(capsys, "edit", "run", *words, *STEPS)
    assert code == 0, err
    return out


def test_inpainting_by_mask_and_by_box_is_the_same_and_keeps_every_known_byte(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert edit(capsys, "inpaint", "rose.png", "--mask", "mask.png", "--repeats", "2") == "inpainted.png\n"
    box = ["--box", "4", "2", "8", "4", "--repeats", "2"]
    edit(capsys, "inpaint", "rose.png", *box, "--out", "box.png")
    np.testing.assert_array_equal(pixels("box.png"), pixels("inpainted.png"))
    white = pixels("mask.png") > 0
    np.testing.assert_array_equal(pixels("box.png")[~white], pixels("rose.png")[~white])
    assert (pixels("box.png")[white] != pixels("rose.png")[white]).any()


def test_a_large_picture_is_fitted_with_its_mask_or_its_box(capsys: pytest.CaptureFixture[str]) -> None:
    """16 wide and 24 high: the middle 16x16 are kept, at half their size."""
    edit(capsys, "inpaint", "large.png", "--mask", "large-mask.png", "--fit", "--repeats", "1")
    edit(capsys, "img2img", "large.png", "--fit", "--strength", "0", "--out", "fitted.png")
    box = ["--box", "8", "6", "16", "12"]
    edit(capsys, "inpaint", "large.png", *box, "--fit", "--repeats", "1", "--out", "box.png")
    np.testing.assert_array_equal(pixels("box.png"), pixels("inpainted.png"))
    changed = (pixels("box.png") != pixels("fitted.png")).any(-1)
    expected = np.zeros((8, 8), bool)
    expected[1:4, 4:] = True
    np.testing.assert_array_equal(changed, expected)


def test_img2img_makes_several_and_one_of_each_in_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    edit(capsys, "img2img", "rose.png", "--count", "4", "--seed", "3", "--scale", "2")
    assert pixels("img2img.png").shape == (2 * 18, 2 * 18, 3)
    edit(capsys, "img2img", "rose.png", "--count", "4", "--seed", "3", "--out", "each")
    names = sorted(path.name for path in Path("each").iterdir())
    assert names == [f"3_{index:05d}.png" for index in range(4)]
    np.testing.assert_array_equal(pixels("each/3_00000.png"), pixels("img2img.png")[:16:2, :16:2])


def test_variations_of_a_seed_begin_with_its_picture(capsys: pytest.CaptureFixture[str]) -> None:
    edit(capsys, "variations", "5", "--amount", "0", "--count", "1", "--out", "same.png")
    words = ["sample", "run", "--count", "1", "--seed", "5", "--sampler", "ddim", *STEPS]
    run(capsys, *words, "--out", "seed.png")
    np.testing.assert_allclose(pixels("same.png"), np.int_(pixels("seed.png")), atol=1)
    edit(capsys, "variations", "rose.png", "--amount", "0.2")
    assert pixels("variations.png").shape == (28, 28, 3)


def test_an_interpolation_is_a_film_a_grid_or_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    edit(capsys, "interpolate", "1", "rose.png", "--count", "5", "--scale", "3")
    with Image.open("interpolation.gif") as film:
        assert film.size == (24, 24)
        assert sum(frame.info["duration"] for frame in ImageSequence.Iterator(film)) == 4 * 80 + 1500
    edit(capsys, "interpolate", "1", "2", "--count", "4", "--out", "grid.png")
    assert pixels("grid.png").shape == (18, 18, 3)
    edit(capsys, "interpolate", "1", "2", "--count", "4", "--out", "each")
    assert len(list(Path("each").iterdir())) == 4


def test_an_inversion_says_how_well_the_picture_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    out = edit(capsys, "invert", "rose.png")
    assert out.startswith("the picture comes back to ") and "/255 on average (" in out and " dB)" in out
    assert out.endswith("\ninverted.png\n")
    shown = pixels("inverted.png")
    assert shown.shape == (8, 28, 3)
    np.testing.assert_array_equal(shown[:, :8], pixels("rose.png"))


def test_a_small_picture_is_upscaled_and_a_grey_one_colorized(capsys: pytest.CaptureFixture[str]) -> None:
    edit(capsys, "upscale", "small.png")
    assert pixels("upscaled.png").shape == (8, 8, 3)
    edit(capsys, "colorize", "mask.png")
    assert pixels("colorized.png").shape == (8, 8, 3)


def test_a_verb_can_be_watched(capsys: pytest.CaptureFixture[str]) -> None:
    """The noisy images of each step, and the pictures."""
    edit(capsys, "inpaint", "rose.png", "--mask", "mask.png", "--count", "2", "--animate", "film.gif")
    run(capsys, "sample", "run", "--count", "2", *STEPS, "--animate", "sheet.png")
    with Image.open("film.gif") as film:
        assert (film.n_frames, film.size) == (4, (18, 8))  # type: ignore[attr-defined]
        film.seek(3)
        last = np.asarray(film.convert("RGB"), int)
    assert np.abs(last - pixels("inpainted.png")).mean() < 2
    assert pixels("sheet.png").shape == (2 * 8 + 2, 2 * 18 + 2, 3)
    np.testing.assert_array_equal(pixels("sheet.png")[10:, 20:], pixels("samples.png"))


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_without_a_run(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    code, out, _ = run(capsys, "edit", verb, "--help")
    assert code == 0 and f"mezzotint edit RUN {verb}" in out and "--steps" in out


def test_the_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["edit"], ["edit", "--help"]):
        _, out, _ = run(capsys, *words)
        assert all(f"  {verb}" in out for verb in VERBS)


PAINT = ["inpaint", "rose.png", "--mask", "mask.png"]
BAD = {
    "no verb": ([], "say what to do with run: mezzotint edit run inpaint|"),
    "an unknown verb": (["inpant", "rose.png"], "no verb 'inpant' of edit; did you mean inpaint?"),
    "no such file": (["img2img", "rise.png"], "rise.png: No such file"),
    "no picture": (["img2img", "notes.png"], "notes.png cannot be used: it is not a picture"),
    "another shape": (
        ["img2img", "large.png"],
        "large.png is 16x24 in colour, and 8x8 in colour is asked: --fit crops and resizes it",
    ),
    "a strength above 1": (["img2img", "rose.png", "--strength", "1.5"], "strength must be from 0 to 1"),
    "a strength below 0": (["img2img", "rose.png", "--strength", "-0.1"], "strength must be from 0 to 1"),
    "no steps": (["img2img", "rose.png", "--steps", "0"], "--steps must be from 1 to 1024, not 0"),
    "no pictures": (["img2img", "rose.png", "--count", "0"], "--count and --scale must be at least 1"),
    "nothing to paint": (["inpaint", "rose.png"], "say what to paint: --mask FILE, or --box"),
    "too much to paint": ([*PAINT, "--box", "0", "0", "2", "2"], "say what to paint: --mask FILE, or"),
    "a mask of another size": (
        ["inpaint", "rose.png", "--mask", "large-mask.png"],
        "large-mask.png is 16x24, and the picture 8x8: a mask is as large",
    ),
    "a mask with nothing white": (["inpaint", "rose.png", "--mask", "black.png"], "nothing white"),
    "a box outside": (
        ["inpaint", "rose.png", "--box", "4", "4", "9", "8"],
        "--box 4 4 9 8 is not in the picture, which is 8x8: give LEFT TOP RIGHT BOTTOM",
    ),
    "an empty box": (["inpaint", "rose.png", "--box", "4", "4", "4", "8"], "--box 4 4 4 8 is not in"),
    "no repeats": ([*PAINT, "--repeats", "0"], "repeats must be at least 1, not 0"),
    "a multistep sampler that repeats": (
        [*PAINT, "--sampler", "unipc", "--repeats", "2"],
        "heun: unipc remembers earlier",
    ),
    "an unknown sampler": ([*PAINT, "--sampler", "unipcc"], "there is no sampler 'unipcc'; did you mean"),
    "noise in an inversion": (["invert", "rose.png", "--sampler", "ddpm"], "or heun: ddpm does"),
    "a multistep inversion": (["invert", "rose.png", "--sampler", "ab3"], "heun: ab3 remembers earlier"),
    "noise between seeds": (["interpolate", "1", "2", "--sampler", "ddpm"], "or heun: ddpm does"),
    "one picture between": (["interpolate", "1", "2", "--count", "1"], "at least 2 pictures, not 1"),
    "a seed too large": (["variations", str(2**32)], "the seed must be from 0 to"),
    "an amount above 1": (["variations", "1", "--amount", "2"], "amount must be from 0 to 1, not 2"),
    "a picture that is not small": (["upscale", "rose.png"], "rose.png is 8x8 in colour, and 4x4 in"),
    "no animation": (["img2img", "rose.png", "--animate", "film.avi"], "film.avi is no animation"),
    "a class of none": (["img2img", "rose.png", "--label", "1"], "trained without classes"),
}


def refused(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    before = {path.name for path in Path().iterdir()}
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("mezzotint: ") and said in err, err
    assert err.count("\n") == 1 and "Traceback" not in err
    assert {path.name for path in Path().iterdir()} == before, "nothing is written"


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_clear_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    refused(capsys, ["edit", "run", *words], said)


def test_a_run_in_grey_takes_no_colours_and_gives_none(capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, ["edit", "grey", "img2img", "rose.png"], "rose.png is 8x8 in colour, and 8x8 in grey")
    refused(capsys, ["edit", "grey", "colorize", "mask.png"], "the model's pictures are grey")
    refused(capsys, ["edit", "nowhere", "img2img", "rose.png"], "nowhere is not a run")
    code, _, err = run(capsys, "edit", "grey", "img2img", "rose.png", "--fit", *STEPS)
    assert code == 0 and pixels("img2img.png").shape == (8, 8), err
    refused(capsys, ["edit", "grey", "upscale", "mask.png", "--factor", "4"], "and 2x2 in grey is asked")


def test_a_run_whose_own_sampler_does_not_suit_is_edited_with_ddim(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The run adds noise at each step, which no inversion can undo."""
    edit(capsys, "invert", "rose.png", "--out", "own.png")
    edit(capsys, "invert", "rose.png", "--sampler", "ddim", "--out", "ddim.png")
    np.testing.assert_array_equal(pixels("own.png"), pixels("ddim.png"))
