"""The oracle against itself: finite differences, adjoints and cases with a known answer."""

import time
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from tests.oracle import article
from tests.oracle.article import Array, Parameter, Statistics

Layer = Callable[[Array], Array]

ARTICLE = ((32, 64, 96, 128), 2)
TINY = ((4, 6, 8), 2)
STEP = 1e-6  # small enough to meet few kinks of |.|, large enough for float64's rounding


def _parameters(widths: tuple[int, ...] = TINY[0], depth: int = 2) -> list[Parameter]:
    """The tiny network: RGB, a stem of 5 channels, an embedding of 6."""
    return article.make_parameters(article.conv_shapes(widths, depth, 3, 5, 6), seed=1)


def _batch(size: int = 8, count: int = 2) -> tuple[Array, Array, Array]:
    """Images in [0, 1], times, noise."""
    generator = np.random.default_rng(2)
    shape = (count, size, size, 3)
    return generator.random(shape), generator.random(count), generator.standard_normal(shape)


def _fresh(used: list[Statistics]) -> list[Statistics]:
    """Mean 0 and variance 1, for as many blocks and channels as `used` has."""
    return [(np.zeros_like(mean), np.ones_like(variance)) for mean, variance in used]


def _moved(parameters: list[Parameter], direction: list[Parameter], by: float) -> list[Parameter]:
    """Parameters + by * direction."""
    pairs = zip(parameters, direction, strict=True)
    return [(kernel + by * dk, bias + by * db) for (kernel, bias), (dk, db) in pairs]


def _slope(parameters: list[Parameter], direction: list[Parameter]) -> float:
    """The loss's central difference along a direction."""
    up, down = (
        article.loss_and_gradients(_moved(parameters, direction, by), *_batch(), *TINY)[0]
        for by in (STEP, -STEP)
    )
    return (up - down) / (2 * STEP)


def _dot(left: list[Parameter], right: list[Parameter]) -> float:
    """The inner product over all parameters."""
    pairs = zip(left, right, strict=True)
    return float(sum(np.sum(a * b) for one, two in pairs for a, b in zip(one, two, strict=True)))


def _unit(parameters: list[Parameter], layer: int, part: int, entry: int) -> list[Parameter]:
    """The direction of one entry of one layer's kernel (part 0) or bias (part 1)."""
    direction = [(np.zeros_like(kernel), np.zeros_like(bias)) for kernel, bias in parameters]
    direction[layer][part].flat[entry] = 1
    return direction


def test_article_parameter_count() -> None:
    """Kernels and biases of the article's network."""
    parameters = article.make_parameters(article.conv_shapes(*ARTICLE, 3, 32, 32), seed=0)
    assert sum(array.size for pair in parameters for array in pair) == 2_638_755


def test_shapes_are_what_forward_takes() -> None:
    """No parameter is left over, and the output has the input's shape."""
    walk, features = article._start(_parameters(), _batch()[2], np.array([0.3, 0.8]))
    assert features.shape == (2, 8, 8, 11)
    assert article._network(walk, features, *TINY).shape == (2, 8, 8, 3)
    assert next(walk.parameters, None) is None
    assert len(walk.statistics) == 10


def _written_out(parameters: list[Parameter], x: Array, variance: Array) -> Array:
    """The network at widths (4, 6) and depth 2, in a straight line."""
    convolutions = iter(parameters)

    def conv(x: Array) -> Array:
        kernel, bias = next(convolutions)
        return article.convolve(x, kernel) + bias

    def block(x: Array, changes: bool) -> Array:
        shortcut = conv(x) if changes else x
        mean, square = x.mean((0, 1, 2)), (x**2).mean((0, 1, 2))
        x = conv((x - mean) / np.sqrt(square - mean**2 + 1e-5))
        return conv(x / (1 + np.exp(-x))) + shortcut

    def join(x: Array, skip: Array) -> Array:
        return np.concatenate([x, skip], axis=3)

    ones = np.ones((*x.shape[:3], 6))
    first = block(join(conv(x), ones * article.embed(variance, 6)[:, None, None]), True)
    second = block(first, False)
    bottom = block(block(article.pool(second), True), False)
    up = block(join(article.upsample(bottom), second), True)
    return conv(block(join(up, first), True))


def test_network_written_out() -> None:
    """The order of stages, skips and parameters, where nothing is a loop."""
    parameters, x, variance = _parameters((4, 6)), _batch()[2], np.array([0.3, 0.8])
    expected = _written_out(parameters, x, variance)
    np.testing.assert_allclose(article.forward(parameters, x, variance, (4, 6), 2), expected)


@pytest.mark.parametrize("part", [0, 1], ids=["kernel", "bias"])
def test_gradient_entries(part: int) -> None:
    """One random entry of every convolution's kernel and bias."""
    parameters, generator = _parameters(), np.random.default_rng(3)
    _, gradients = article.loss_and_gradients(parameters, *_batch(), *TINY)
    for layer, pair in enumerate(gradients):
        assert pair[part].shape == parameters[layer][part].shape
        entry = int(generator.integers(pair[part].size))
        measured = _slope(parameters, _unit(parameters, layer, part, entry))
        np.testing.assert_allclose(pair[part].flat[entry], measured, rtol=1e-5, atol=3e-9)


def test_gradient_along_random_directions() -> None:
    """All entries at once."""
    parameters = _parameters()
    _, gradients = article.loss_and_gradients(parameters, *_batch(), *TINY)
    shapes = [kernel.shape for kernel, _ in parameters]
    for seed in range(4, 8):
        direction = article.make_parameters(shapes, seed)
        measured = _slope(parameters, direction)
        np.testing.assert_allclose(_dot(gradients, direction), measured, rtol=1e-5)


def test_gradient_norm() -> None:
    """The norm of the gradients is the slope along them, divided by it."""
    parameters = _parameters()
    _, gradients = article.loss_and_gradients(parameters, *_batch(), *TINY)
    norm = article.gradient_norm(gradients)
    unit = [(kernel / norm, bias / norm) for kernel, bias in gradients]
    np.testing.assert_allclose(norm, _slope(parameters, unit), rtol=1e-5)


def test_convolution_against_loops() -> None:
    """A pixel's neighbours times the kernel, written out; outside the image is zero."""
    generator = np.random.default_rng(9)
    x, kernel = generator.standard_normal((2, 4, 5, 3)), generator.standard_normal((3, 3, 3, 2))
    expected = np.zeros((2, 4, 5, 2))
    for row, column, i, j in product(range(4), range(5), range(3), range(3)):
        if 0 <= row + i - 1 < 4 and 0 <= column + j - 1 < 5:
            expected[:, row, column] += x[:, row + i - 1, column + j - 1] @ kernel[i, j]
    np.testing.assert_allclose(article.convolve(x, kernel), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "adjoint", "size"),
    [
        (article.pool, article.pool_adjoint, (2, 3)),
        (article.upsample, article.upsample_adjoint, (8, 12)),
    ],
)
def test_adjoints(layer: Layer, adjoint: Layer, size: tuple[int, int]) -> None:
    """<layer(x), y> = <x, adjoint(y)>."""
    generator = np.random.default_rng(10)
    x, y = generator.standard_normal((2, 4, 6, 3)), generator.standard_normal((2, *size, 3))
    np.testing.assert_allclose(np.sum(layer(x) * y), np.sum(x * adjoint(y)), rtol=1e-12)


def test_pool_and_upsample_values() -> None:
    """Known values, rows and columns apart."""
    ramp = np.array([0.0, 4.0, 8.0])
    doubled = [0, 1, 3, 5, 7, 8]
    rows = np.broadcast_to(ramp[:, None], (3, 2))[None, :, :, None]
    expected = np.broadcast_to(np.array(doubled)[:, None], (6, 4))
    np.testing.assert_allclose(article.upsample(rows)[0, :, :, 0], expected)
    np.testing.assert_allclose(article.upsample(rows.swapaxes(1, 2))[0, :, :, 0], expected.T)
    cells = np.arange(8.0).reshape(1, 2, 4, 1)
    np.testing.assert_allclose(article.pool(cells).ravel(), [2.5, 4.5])


def test_embedding_values() -> None:
    """Frequencies from 1 to 1000, sines before cosines."""
    angles = 2 * np.pi * 0.123 * np.exp(np.linspace(0, np.log(1000), 16))
    expected = np.concatenate([np.sin(angles), np.cos(angles)])
    np.testing.assert_allclose(article.embed(np.array([0.123]), 32)[0], expected, atol=1e-10)


def test_rates_ends() -> None:
    """Alpha runs from 0.95 to 0.02 and the variance is preserved."""
    alpha, sigma = article.rates(np.array([0.0, 0.4, 1.0]))
    np.testing.assert_allclose(alpha[[0, 2]], [0.95, 0.02], rtol=1e-12)
    np.testing.assert_allclose(alpha**2 + sigma**2, 1, rtol=1e-12)


def test_inference_with_the_batch_statistics_is_training() -> None:
    """The same numbers, and other running statistics give others."""
    arguments = (_parameters(), _batch()[2], np.array([0.3, 0.8]))
    training = article.forward(*arguments, *TINY)
    used = article.batch_statistics(*arguments, *TINY)
    np.testing.assert_allclose(article.forward(*arguments, *TINY, used), training, rtol=1e-12)
    other = article.forward(*arguments, *TINY, _fresh(used))
    assert np.abs(other - training).max() > 0.1


def test_running_statistics_update() -> None:
    """From mean 0 and variance 1."""
    batch = [(np.array([2.0]), np.array([3.0]))]
    ((mean, variance),) = article.update_running(_fresh(batch), batch)
    np.testing.assert_allclose([mean[0], variance[0]], [0.02, 1.02], rtol=1e-12)


def test_one_ddim_step_is_the_estimate_at_the_end() -> None:
    """With n = 1, the one prediction is at t = 1."""
    parameters, x = _parameters(), _batch()[2]
    running = article.batch_statistics(parameters, x, np.array([0.3, 0.8]), *TINY)
    alpha, sigma = 0.02, np.sqrt(1 - 0.02**2)
    predicted = article.forward(parameters, x, np.full(2, sigma**2), *TINY, running)
    expected = np.clip((x - sigma * predicted) / alpha * np.sqrt(1e-4 + 1e-5) + 0.5, 0, 1)
    image = article.ddim(parameters, x, 1, running, np.full(3, 0.5), np.full(3, 1e-4), *TINY)
    np.testing.assert_allclose(image, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("steps", [1, 3, 10])
def test_ddim_of_a_constant_prediction(steps: int) -> None:
    """Where the predicted noise never changes, the image never does, whatever the step count."""
    constant, x = 0.3, _batch()[2]
    parameters = _parameters()
    parameters[-1] = (np.zeros_like(parameters[-1][0]), np.full(3, constant))
    running = _fresh(article.batch_statistics(parameters, x, np.ones(2), *TINY))
    image = article.ddim(parameters, x, steps, running, np.full(3, 0.5), np.full(3, 1e-5), *TINY)
    expected = (x - np.sqrt(1 - 0.02**2) * constant) / 0.02 * np.sqrt(2e-5) + 0.5
    np.testing.assert_allclose(image, np.clip(expected, 0, 1), rtol=1e-9, atol=1e-9)


def test_article_size_is_quick() -> None:
    """Forward and backward at the article's widths, on two 16x16 images."""
    parameters = article.make_parameters(article.conv_shapes(*ARTICLE, 3, 32, 32), seed=0)
    start = time.perf_counter()
    loss, gradients = article.loss_and_gradients(parameters, *_batch(16), *ARTICLE)
    assert time.perf_counter() - start < 5
    assert np.isfinite(loss)
    assert np.isfinite(article.gradient_norm(gradients))
