"""`mezzotint sample` by class and guided: what it makes, and every answer to bad input."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from PIL import Image

from mezzotint.cli.guiding import Guiding, check, classes, guidance
from mezzotint.cli.main import main
from mezzotint.cli.making import Making, maker
from mezzotint.config import Config
from mezzotint.core.pixels import PixelStatistics
from mezzotint.errors import UserError
from mezzotint.guidance.clip import Dynamic, Static
from mezzotint.model import Guidance, Model, init_variables, load
from mezzotint.networks.article_unet import ArticleUNet

NAMES = ("ankle, boot", "rose", "tulip")


def config(classes: int = 3) -> Config:
    network = ArticleUNet(widths=(4, 4), depth=1, stem=4, embedding=4)
    return Config(
        image_size=(4, 4),
        channels=1,
        classes=classes,
        label_names=NAMES[:classes],
        network=network,
        sampling_steps=2,
    )


def saved(folder: Path, classes: int = 3) -> Path:
    """A model with random weights."""
    of, generator = config(classes), np.random.default_rng(0)
    shapes = jax.eval_shape(lambda: init_variables(of, jax.random.key(0)))
    params = jax.tree.map(lambda leaf: np.float32(generator.normal(0, 0.3, leaf.shape)), shapes["params"])
    statistics = jax.tree.map(lambda leaf: np.ones(leaf.shape, "f"), shapes["batch_stats"])
    variables = {"params": params, "batch_stats": statistics}
    pixels = PixelStatistics(np.full(1, 0.5, "f"), np.full(1, 0.1, "f"))
    return Model(of, variables, pixels).save(folder)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("runs") / "flowers")


def test_classes_are_named_numbered_listed_or_all() -> None:
    def asked(*labels: str) -> list[int]:
        return classes(Guiding(label=labels), config())

    assert asked("rose") == asked("1") == [1]
    assert asked("tulip, rose", "0") == [2, 1, 0]
    assert asked("ankle, boot") == [0]
    assert asked("all") == [0, 1, 2]
    assert asked() == []


def test_options_become_guidance(run: Path) -> None:
    assert guidance(Guiding(), run) == Guidance()
    asked = Guiding(guidance=2.5, guidance_interval=(0.2, 5.0), clip="dynamic")
    assert guidance(asked, run) == Guidance(2.5, (0.2, 5.0), None, Dynamic())
    assert guidance(Guiding(clip="static"), run).clip == Static()
    weaker = guidance(Guiding(guidance=2.0, weaker=str(run)), run).weaker
    assert weaker is not None and weaker.config == config()


def test_whatever_pictures_are_functions_of_is_written_down(run: Path, tmp_path: Path) -> None:
    """Pictures made otherwise are never taken for these: not at a scale of 0, nor of a run that went on."""

    def described(**asked: Any) -> dict[str, Any]:
        return maker(run, Making(guiding=Guiding(label=("all",), **asked))).described()

    plain = described()
    assert (
        described() == plain != described(guidance=0.0) != described(guidance=2.0) != described(clip="static")
    )
    other = saved(tmp_path / "other")
    before = described(guidance=2.0, weaker=str(other))
    weaker = load(other)
    replace(weaker, pixels=weaker.pixels._replace(mean=weaker.pixels.mean + 0.1)).save(other)
    assert described(guidance=2.0, weaker=str(other)) != before


def test_a_row_for_each_class_as_the_python_call_makes_them(run: Path, tmp_path: Path) -> None:
    words = ["--count", "6", "--label", "all", "--guidance", "3", "--clip", "static"]
    main(["sample", str(run), *words, "--out", str(tmp_path / "grid.png")])
    grid = np.asarray(Image.open(tmp_path / "grid.png"))
    asked = Guidance(3.0, clip=Static())
    expected = np.round(255 * load(run).sample(6, labels=[0, 1, 2] * 2, guidance=asked)[..., 0])
    assert grid.shape == (3 * 6 - 2, 2 * 6 - 2)
    for index, picture in enumerate(expected):
        row, column = index % 3, index // 3
        found = grid[6 * row : 6 * row + 4, 6 * column : 6 * column + 4]
        np.testing.assert_allclose(found, picture, atol=1)  # a rounding either way
    assert np.abs(expected[0] - expected[1]).max() > 2


def test_how_to_guide_needs_how_far() -> None:
    for asked in (Guiding(weaker="5"), Guiding(guidance_interval=(0, 1))):
        with pytest.raises(UserError, match="and not how far: add --guidance 2, say"):
            check(asked)


BAD = {
    "an unknown class": (["--label", "rsoe"], "there is no class 'rsoe'; did you mean rose?"),
    "a class out of range": (["--label", "3"], "there is no class '3': they go from 0 to 2"),
    "a negative interval": (
        ["--label", "0", "--guidance", "2", "--guidance-interval", "-1", "2"],
        "the guidance interval must be 0 <= LOW <= HIGH, not -1 2",
    ),
    "an interval alone": (["--guidance-interval", "0", "2"], "add --guidance 2"),
    "guidance to no class": (["--guidance", "2"], "add --label NAME or --label all, or --weaker STEP"),
    "no such checkpoint": (["--guidance", "2", "--weaker", "5"], "has no checkpoint 5; it has none"),
    "no such run": (["--guidance", "2", "--weaker", "/no/such"], "/no/such is not a run"),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_exit_code_2(
    run: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    refused(capsys, run, words, said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--label", "rose"], "there is no class 'rose': this model was trained without classes"),
        (["--label", "all"], "there is no class 'all': this model was trained without classes"),
        (["--guidance", "2"], "there is no label to guide by: this model was trained without classes"),
    ],
    ids=["a label", "all labels", "guidance"],
)
def test_a_run_without_classes_takes_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], said: str
) -> None:
    refused(capsys, saved(tmp_path / "plain", classes=0), words, said)


def refused(capsys: pytest.CaptureFixture[str], run: Path, words: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["sample", str(run), "--out", str(run / "grid.png"), *words])
    printed = capsys.readouterr()
    assert stopped.value.code == 2 and printed.out == ""
    assert printed.err.startswith("mezzotint: ") and printed.err.count("\n") == 1
    assert said in printed.err
    assert not (run / "grid.png").exists()
