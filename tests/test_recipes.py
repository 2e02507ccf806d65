"""The recipes: the article's, setting by setting, and what every recipe must be."""

import inspect

import pytest

from mezzotint.config import from_json, to_json
from mezzotint.core.grid import Uniform
from mezzotint.core.level import Variance
from mezzotint.core.objective import NoiseAndImage, UniformTimes
from mezzotint.core.pixels import EPSILON, MOMENTUM, BatchPixels
from mezzotint.core.prediction import Noise
from mezzotint.core.schedule import Cosine
from mezzotint.errors import UserError
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.recipes import RECIPES, recipe
from mezzotint.sampling.ddim import Ddim


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_says_what_it_is_and_survives_its_json(name: str) -> None:
    config = recipe(name)
    assert config.recipe == name
    assert inspect.getdoc(RECIPES[name])
    assert from_json(to_json(config)) == config


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(UserError, match="no recipe 'flower-articles'; did you mean flowers-article"):
        recipe("flower-articles")


def test_the_articles_recipe_is_the_articles_setting_by_setting() -> None:
    config = recipe("flowers-article")
    assert config.network == ArticleUNet(
        widths=(32, 64, 96, 128), depth=2, stem=32, embedding=32, max_frequency=1000.0
    )
    assert config.schedule == Cosine(max_signal=0.95, min_signal=0.02)
    assert (config.prediction, config.level) == (Noise(), Variance())
    assert (config.objective, config.times) == (NoiseAndImage(), UniformTimes(stratified=False))
    assert config.pixels == BatchPixels()
    assert (MOMENTUM, EPSILON) == (0.99, 1e-5)
    assert (config.image_size, config.channels, config.flip) == ((64, 64), 3, False)
    assert (config.batch_size, config.steps, config.epochs) == (64, None, 50)
    optimizer = config.optimizer
    assert (optimizer.learning_rate, optimizer.weight_decay) == (1e-3, 1e-4)
    assert (optimizer.decay, optimizer.warmup, optimizer.clip) == ("constant", 0, 0)
    assert (optimizer.b1, optimizer.b2, optimizer.accumulate) == (0.9, 0.999, 1)
    assert config.average.decay == 0.999
    assert (config.sampler, config.grid, config.sampling_steps) == (Ddim(eta=0.0), Uniform(), 80)
