"""The article's recipe in plain NumPy, float64: an oracle that shares no code with the package.

Noising runs along an angle, linear in t, from arccos(0.95) at t=0 to arccos(0.02) at t=1:

    x = alpha * image + sigma * noise,    alpha = cos(angle),    sigma = sin(angle).

The network predicts the noise from x and sigma^2. Gradients are derived by hand, a layer at a time:
a forward function leaves what its `_back` partner will need on `Walk.saved`, and the partners run
in the exact reverse order, so that stack and the list of gradients need no names or indices.

Arrays are NHWC. What the public functions share:
    parameters: a (kernel, bias) for each convolution in the order of the forward calls, kernels as
        (height, width, in, out). In a residual block whose channel count changes the shortcut's
        convolution comes first, then the block's two.
    running: a (mean, variance) for each residual block in the order of the forward calls.
    widths: channels of each stage; the last is the bottom's.
    depth: residual blocks a stage.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float64]
Shape = tuple[int, int, int, int]
Widths = Sequence[int]
Parameter = tuple[Array, Array]  # kernel and bias, or their gradients
Parameters = Sequence[Parameter]
Statistics = tuple[Array, Array]  # mean and biased variance, one of each a channel
Running = Sequence[Statistics]

EPSILON = 1e-5
MOMENTUM = 0.99
ANGLES = (np.arccos(0.95), np.arccos(0.02))
FREQUENCIES = (1.0, 1000.0)


@dataclass
class Walk:
    """One pass through the network.

    Attributes:
        parameters: what the convolutions still to come will take.
        running: what the normalisations still to come will take; None for batch statistics.
        statistics: what each normalisation has used.
        saved: what the backward pass will need, taken back last in, first out.
        gradients: what the backward pass has found, the last convolution first.
    """

    parameters: Iterator[Parameter]
    running: Iterator[Statistics] | None = None
    statistics: list[Statistics] = field(default_factory=list)
    saved: list[tuple[Array, ...]] = field(default_factory=list)
    gradients: list[Parameter] = field(default_factory=list)


# Parameters


def conv_shapes(widths: Widths, depth: int, channels: int, stem: int, embedding: int) -> list[Shape]:
    """The (height, width, in, out) of every convolution kernel, in forward order."""
    shapes: list[Shape] = [(1, 1, channels, stem)]
    current, skips = stem + embedding, []
    for width in widths[:-1]:
        for _ in range(depth):
            current = _block_shapes(shapes, current, width)
            skips.append(current)
    for _ in range(depth):
        current = _block_shapes(shapes, current, widths[-1])
    for width in reversed(widths[:-1]):
        for _ in range(depth):
            current = _block_shapes(shapes, current + skips.pop(), width)
    return [*shapes, (1, 1, current, channels)]


def _block_shapes(shapes: list[Shape], inputs: int, width: int) -> int:
    """Appends one residual block's shapes; returns its output channels."""
    if inputs != width:
        shapes.append((3, 3, inputs, width))
    shapes.extend([(3, 3, inputs, width), (3, 3, width, width)])
    return width


def make_parameters(shapes: Sequence[Shape], seed: int) -> list[Parameter]:
    """Random parameters, none of them zero, so that everything matters.

    A kernel is normal / sqrt(height * width * in); its bias, drawn next, is 0.1 * normal.
    """
    generator = np.random.default_rng(seed)
    parameters = []
    for shape in shapes:
        kernel = generator.standard_normal(shape) / np.sqrt(np.prod(shape[:3]))
        parameters.append((kernel, 0.1 * generator.standard_normal(shape[3])))
    return parameters


# Layers as functions of arrays


def convolve(x: Array, kernel: Array) -> Array:
    """Cross-correlation at stride 1, zero-padded to the same size; kernel sides are odd."""
    return np.tensordot(_windows(x, kernel), kernel, axes=((4, 5, 3), (0, 1, 2)))


def _windows(x: Array, kernel: Array) -> Array:
    """Every neighbourhood of the kernel's size: (batch, height, width, in, rows, columns)."""
    rows, columns = kernel.shape[:2]
    edges = ((0, 0), (rows // 2, rows // 2), (columns // 2, columns // 2), (0, 0))
    return sliding_window_view(np.pad(x, edges), (rows, columns), axis=(1, 2))


def pool(x: Array) -> Array:
    """The average over 2x2 cells."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def pool_adjoint(gradient: Array) -> Array:
    """A quarter of the gradient to each of a cell's four pixels."""
    return gradient.repeat(2, axis=1).repeat(2, axis=2) / 4


def upsample(x: Array) -> Array:
    """Bilinear to twice the size: half-pixel centres, edges clamped."""
    rows, columns = (_interpolation(size) for size in x.shape[1:3])
    return np.einsum("ih,jw,bhwc->bijc", rows, columns, x, optimize=True)


def upsample_adjoint(gradient: Array) -> Array:
    """The transpose of `upsample`."""
    rows, columns = (_interpolation(size // 2) for size in gradient.shape[1:3])
    return np.einsum("ih,jw,bijc->bhwc", rows, columns, gradient, optimize=True)


def _interpolation(size: int) -> Array:
    """The (2 size, size) matrix that reads linearly at (i + 1/2) / 2 - 1/2, clamped."""
    position = np.clip((np.arange(2 * size) + 0.5) / 2 - 0.5, 0, size - 1)
    return np.maximum(0, 1 - np.abs(position[:, None] - np.arange(size)))


def statistics(x: Array) -> Statistics:
    """Mean and biased variance of each channel over batch, height and width."""
    return x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))


def normalise(x: Array, mean: Array, variance: Array) -> Array:
    """(x - mean) / sqrt(variance + epsilon)."""
    return (x - mean) / np.sqrt(variance + EPSILON)


def embed(variance: Array, size: int) -> Array:
    """sin(2 pi f v), then cos(2 pi f v), for size / 2 log-spaced f: (batch,) to (batch, size)."""
    phase = 2 * np.pi * np.geomspace(*FREQUENCIES, size // 2) * np.reshape(variance, (-1, 1))
    return np.concatenate([np.sin(phase), np.cos(phase)], axis=-1)


def update_running(running: Running, batch: Running) -> list[Statistics]:
    """Flax's rule, from mean 0 and variance 1: momentum * running + (1 - momentum) * batch."""
    pairs = [(*old, *new) for old, new in zip(running, batch, strict=True)]
    keep, take = MOMENTUM, 1 - MOMENTUM
    return [(keep * m + take * mean, keep * v + take * var) for m, v, mean, var in pairs]


# Layers on a walk, and their backward partners


def _conv(walk: Walk, x: Array) -> Array:
    """A convolution with the next kernel and bias."""
    kernel, bias = next(walk.parameters)
    walk.saved.append((x, kernel))
    return convolve(x, kernel) + bias


def _conv_back(walk: Walk, gradient: Array) -> Array:
    """Notes the gradients of kernel and bias; returns that of the input.

    The adjoint of a convolution is one with the kernel turned by 180 degrees, in and out exchanged.
    """
    x, kernel = walk.saved.pop()
    by_patch = np.tensordot(_windows(x, kernel), gradient, axes=((0, 1, 2), (0, 1, 2)))
    walk.gradients.append((by_patch.transpose(1, 2, 0, 3), gradient.sum(axis=(0, 1, 2))))
    return convolve(gradient, kernel[::-1, ::-1].swapaxes(2, 3))


def _norm(walk: Walk, x: Array) -> Array:
    """BatchNorm without scale or bias, by the batch's statistics or the next running ones."""
    mean, variance = statistics(x) if walk.running is None else next(walk.running)
    walk.statistics.append((mean, variance))
    normalised = normalise(x, mean, variance)
    walk.saved.append((normalised, np.sqrt(variance + EPSILON)))
    return normalised


def _norm_back(walk: Walk, gradient: Array) -> Array:
    """Through the batch's statistics too, which depend on x.

    With y = (x - mean) / d and d^2 = mean((x - mean)^2) + epsilon, a small change dx gives
    dy = (dx - mean(dx) - y * mean(y * dx)) / d. That map is symmetric, so it is its own adjoint.
    """
    normalised, deviation = walk.saved.pop()
    centre = gradient.mean(axis=(0, 1, 2))
    slope = (gradient * normalised).mean(axis=(0, 1, 2))
    return (gradient - centre - normalised * slope) / deviation


def _swish(walk: Walk, x: Array) -> Array:
    """X times sigmoid(x) = s, whose slope is s + x s (1 - s); tanh does not overflow."""
    gate = (1 + np.tanh(x / 2)) / 2
    walk.saved.append((gate + x * gate * (1 - gate),))
    return x * gate


def _swish_back(walk: Walk, gradient: Array) -> Array:
    """The chain rule through swish."""
    (slope,) = walk.saved.pop()
    return gradient * slope


def _block(walk: Walk, x: Array, width: int) -> Array:
    """conv(swish(conv(norm(x)))) plus x, or plus conv(x) where the channel count changes."""
    shortcut = x if x.shape[-1] == width else _conv(walk, x)
    return shortcut + _conv(walk, _swish(walk, _conv(walk, _norm(walk, x))))


def _block_back(walk: Walk, gradient: Array) -> Array:
    """The branch first, then the shortcut: the forward order reversed."""
    branch = _conv_back(walk, _swish_back(walk, _conv_back(walk, gradient)))
    branch = _norm_back(walk, branch)
    same = branch.shape[-1] == gradient.shape[-1]
    return branch + (gradient if same else _conv_back(walk, gradient))


# The network


def _start(
    parameters: Parameters, x: Array, variance: Array, running: Running | None = None
) -> tuple[Walk, Array]:
    """A new walk, past the stem: [conv(x), embedding of the variance]."""
    walk = Walk(iter(parameters), None if running is None else iter(running))
    x = _conv(walk, np.asarray(x, np.float64))
    size = parameters[1][0].shape[2] - x.shape[-1]
    embedding = embed(np.asarray(variance, np.float64), size)
    spread = np.broadcast_to(embedding[:, None, None], (*x.shape[:3], size))
    return walk, np.concatenate([x, spread], axis=-1)


def _network(walk: Walk, x: Array, widths: Widths, depth: int) -> Array:
    """Down, bottom, up, output; skips are taken last in, first out."""
    skips: list[Array] = []
    for width in widths[:-1]:
        for _ in range(depth):
            x = _block(walk, x, width)
            skips.append(x)
        x = pool(x)
    for _ in range(depth):
        x = _block(walk, x, widths[-1])
    for width in reversed(widths[:-1]):
        x = upsample(x)
        for _ in range(depth):
            x = _block(walk, np.concatenate([x, skips.pop()], axis=-1), width)
    return _conv(walk, x)


def _network_back(walk: Walk, gradient: Array, widths: Widths, depth: int) -> list[Parameter]:
    """The reverse of `_network` and `_start`; a skip's gradient joins its block's output's.

    Returns every parameter's gradient in forward order, given the loss's slope at the output.
    """
    skips: list[Array] = []
    gradient = _conv_back(walk, gradient)
    for width in widths[:-1]:
        for _ in range(depth):
            gradient, skip = np.split(_block_back(walk, gradient), [-width], axis=-1)
            skips.append(skip)
        gradient = upsample_adjoint(gradient)
    for _ in range(depth):
        gradient = _block_back(walk, gradient)
    for _ in widths[:-1]:
        gradient = pool_adjoint(gradient)
        for _ in range(depth):
            gradient = _block_back(walk, gradient + skips.pop())
    stem = walk.saved[-1][1].shape[-1]
    _conv_back(walk, gradient[..., :stem])
    return walk.gradients[::-1]


def forward(
    parameters: Parameters,
    x: Array,
    variance: Array,
    widths: Widths,
    depth: int,
    running: Running | None = None,
) -> Array:
    """The predicted noise, shaped as x; without `running`, as in training, by batch statistics.

    `variance` is sigma^2, one value an image.
    """
    walk, features = _start(parameters, x, variance, running)
    return _network(walk, features, widths, depth)


def batch_statistics(
    parameters: Parameters, x: Array, variance: Array, widths: Widths, depth: int
) -> list[Statistics]:
    """The (mean, biased variance) that each residual block used in training, in forward order."""
    walk, features = _start(parameters, x, variance)
    _network(walk, features, widths, depth)
    return walk.statistics


# Diffusion


def rates(times: Array | float) -> tuple[Array, Array]:
    """Alpha and sigma at times in [0, 1]."""
    start, end = ANGLES
    angle = start + np.asarray(times, np.float64) * (end - start)
    return np.cos(angle), np.sin(angle)


def estimate_image(x: Array, noise: Array, alpha: Array, sigma: Array) -> Array:
    """The image of x = alpha * image + sigma * noise."""
    return (x - sigma * noise) / alpha


def loss_and_gradients(
    parameters: Parameters, images01: Array, times: Array, noise: Array, widths: Widths, depth: int
) -> tuple[float, list[Parameter]]:
    """Mean |predicted noise - noise| + mean |image estimate - image|, and its gradients.

    `images01`, in [0, 1], are normalised by their own batch statistics; `times` has one an image.

    Returns:
        The loss, and a (kernel gradient, bias gradient) for each of the parameters.
    """
    images01, noise = np.asarray(images01, np.float64), np.asarray(noise, np.float64)
    image = normalise(images01, *statistics(images01))
    alpha, sigma = (np.reshape(rate, (-1, 1, 1, 1)) for rate in rates(times))
    x = alpha * image + sigma * noise
    walk, features = _start(parameters, x, sigma**2)
    predicted = _network(walk, features, widths, depth)
    noise_error = predicted - noise
    image_error = estimate_image(x, predicted, alpha, sigma) - image
    slope = (np.sign(noise_error) - sigma / alpha * np.sign(image_error)) / noise.size
    loss = np.abs(noise_error).mean() + np.abs(image_error).mean()
    return float(loss), _network_back(walk, slope, widths, depth)


def gradient_norm(gradients: Parameters) -> float:
    """The square root of the sum of every entry's square."""
    return float(np.sqrt(sum(np.sum(array**2) for pair in gradients for array in pair)))


def ddim(
    parameters: Parameters,
    x: Array,
    steps: int,
    running: Running,
    pixel_mean: Array,
    pixel_variance: Array,
    widths: Widths,
    depth: int,
) -> Array:
    """Images in [0, 1] by DDIM with eta = 0, from noise x through t = 1, 1 - 1/n, ..., 1/n.

    The sample is the image estimate at t = 1/n; the move to t = 0 that follows it is not used.
    """
    image = x = np.asarray(x, np.float64)
    for remaining in range(steps, 0, -1):
        alpha, sigma = rates(remaining / steps)
        noise = forward(parameters, x, np.full(len(x), sigma**2), widths, depth, running)
        image = estimate_image(x, noise, alpha, sigma)
        next_alpha, next_sigma = rates((remaining - 1) / steps)
        x = next_alpha * image + next_sigma * noise
    return np.clip(image * np.sqrt(pixel_variance + EPSILON) + pixel_mean, 0, 1)
