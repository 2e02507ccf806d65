"""The command that makes a run again gives the run's own configuration."""

import shlex
from dataclasses import replace

import pytest

from mezzotint.cli import train
from mezzotint.cli.options import parse
from mezzotint.config import Config, Watch
from mezzotint.core.objective import Plain, UniformTimes
from mezzotint.core.prediction import Noise, Velocity
from mezzotint.core.schedule import Straight
from mezzotint.recipes import recipe
from mezzotint.studio.again import again
from mezzotint.studio.settings import groups, settings
from tests.studio.conftest import tiny_config
from tests.studio.page import Page

CHANGES = [
    {},
    {"channels": 1, "steps": 40, "batch_size": 16, "image_size": (24, 32)},
    {"flip": True, "times": UniformTimes(stratified=False), "data": "folder:my pictures/$x"},
    {"objective": Plain(prediction=Velocity()), "prediction": Noise()},
    {"steps": None, "schedule": Straight(), "watch": Watch(log=3)},
    {"classes": None, "label_dropout": 0.2},
]


@pytest.mark.parametrize("changes", CHANGES)
def test_the_command_gives_the_configuration(changes: dict) -> None:
    config = replace(recipe("demo"), **changes)
    program, verb, *words = shlex.split(again(config, "a run"))
    assert (program, verb) == ("mezzotint", "train")
    options, made = parse(recipe(words[0]), train.Options, words, "mezzotint train")
    assert made == config
    assert str(options.out) == "runs/a run"


def test_names_that_come_with_the_pictures_are_no_options() -> None:
    words = shlex.split(again(replace(recipe("demo-classes"), classes=2, label_names=("a", "b")), "x"))
    assert words == ["mezzotint", "train", "demo-classes", "--classes", "2", "--out", "runs/x"]


def test_a_setting_taken_away_is_none() -> None:
    before = replace(recipe("demo"), objective=Plain(prediction=Velocity()))
    words = shlex.split(again(before, "x"))
    assert words[words.index("--objective.prediction.kind") + 1] == "velocity"


def test_a_run_without_a_recipe_is_made_again_from_python() -> None:
    assert 'mezzotint.load("' in again(tiny_config(), "it's").replace("'", '"')
    compile(again(tiny_config(), "it's \\"), "again", "exec")


def test_settings_hold_the_whole_configuration() -> None:
    config: Config = recipe("flowers-article")
    parts = groups(config)
    assert parts["optimizer"]["learning_rate"] == 0.001
    assert parts["run"]["prediction"] == "noise"
    made = Page(f"<div>{settings(config)}</div>")
    assert len(made.all("tr")) == sum(map(len, parts.values()))
    assert "32, 64, 96, 128" in made.text("td")
