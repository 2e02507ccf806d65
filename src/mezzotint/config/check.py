"""What can never work is refused when a configuration is made, with the option's name."""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from mezzotint.config.kinds import flatten, option
from mezzotint.errors import UserError
from mezzotint.networks.ensemble import Ensemble
from mezzotint.networks.unet import GROUPS, UNet

if TYPE_CHECKING:
    from mezzotint.config.fields import Config


class Range(NamedTuple):
    """The numbers from `low` to `high`, both included unless `low` is `above`."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False

    def __contains__(self, value: float) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Whether a number is in it."""
        return (value > self.low if self.above else value >= self.low) and value <= self.high

    def __str__(self) -> str:
        """In words: 'at least 1', 'from 0 to 1', 'above 0 and at most 1'."""
        low = f"{'above' if self.above else 'at least'} {self.low:g}"
        if self.high == math.inf:
            return low
        return f"{low} and at most {self.high:g}" if self.above else f"from {self.low:g} to {self.high:.10g}"


COUNT, AMOUNT, POSITIVE = Range(1), Range(0), Range(0, above=True)
SHARE = Range(0, 1)
RATE = Range(0, 1, above=True)

# Dotted name -> what it may be. A number that stands nowhere here has only to be finite.
RANGES = {
    "batch_size": COUNT,
    "copies": COUNT,
    "augment": SHARE,
    "classes": Range(0, 100_000),
    "label_dropout": SHARE,
    "steps": COUNT,
    "epochs": POSITIVE,
    "seed": Range(0, 2**32 - 1),
    "sampling_steps": Range(1, 1024),
    "network.widths": COUNT,
    "network.depth": COUNT,
    "network.stem": COUNT,
    "network.patch": COUNT,
    "network.embedding": Range(2),
    "network.heads": COUNT,
    "network.members": COUNT,
    "network.max_frequency": COUNT,
    "schedule.max_signal": RATE,
    "schedule.min_signal": RATE,
    "schedule.min_beta": POSITIVE,
    "schedule.epsilon": Range(0, 0.1, above=True),
    "schedule.min_sigma": POSITIVE,
    "schedule.rho": POSITIVE,
    "grid.rho": POSITIVE,
    "prediction.sigma_data": POSITIVE,
    "objective.prediction.sigma_data": POSITIVE,
    "times.std": POSITIVE,
    "objective.weighting.gamma": POSITIVE,
    "objective.weighting.sigma_data": POSITIVE,
    "optimizer.learning_rate": POSITIVE,
    "optimizer.warmup": AMOUNT,
    "optimizer.weight_decay": AMOUNT,
    "optimizer.b1": SHARE,
    "optimizer.b2": SHARE,
    "optimizer.clip": AMOUNT,
    "optimizer.accumulate": COUNT,
    "optimizer.skips": COUNT,
    "average.decay": SHARE,
    "average.warmup": AMOUNT,
    "watch.log": AMOUNT,
    "watch.validate": AMOUNT,
    "watch.validation_images": COUNT,
    "watch.sample": AMOUNT,
    "watch.sample_count": COUNT,
    "watch.checkpoint": AMOUNT,
    "watch.keep_latest": COUNT,
    "watch.keep_every": AMOUNT,
    "watch.keep_best": AMOUNT,
    "watch.evaluate": AMOUNT,
    "watch.evaluate_count": Range(3),
    "sampler.eta": SHARE,
    "sampler.order": Range(1, 5),
    "sampler.predictor": Range(1, 3),
    "sampler.gain": Range(0, math.sqrt(2) - 1),
    "sampler.low": AMOUNT,
    "sampler.high": AMOUNT,
    "sampler.inflation": POSITIVE,
    "sampler.sampler.eta": SHARE,
}

# The first must be below the second.
ORDER = (
    ("schedule.min_signal", "schedule.max_signal"),
    ("schedule.min_beta", "schedule.max_beta"),
    ("schedule.min_log_snr", "schedule.max_log_snr"),
    ("schedule.min_sigma", "schedule.max_sigma"),
)

CHOICES = {"channels": (1, 3), "network.dtype": ("float32", "bfloat16", "float64")}


def check(config: "Config") -> None:
    """Raises a `UserError` for a value that can never work."""
    values = flatten(config)
    for name, value in values.items():
        _check_value(name, value)
    for lower, higher in ORDER:
        if lower in values and not values[lower] < values[higher]:
            raise UserError(
                f"{option(lower)} {values[lower]:g} must be below {option(higher)} {values[higher]:g}"
            )
    _check_parts(config.batch_size, config.optimizer.accumulate)
    _check_network(config.network, "network")
    _check_image_size(config.image_size, config.network.divisor)
    _check_label_names(config.classes, config.label_names)
    _ = config.fit  # which refuses an unknown colour


def _check_value(name: str, value: Any) -> None:
    field = name.replace("network.network.", "network.")  # an ensemble's member may be what a network may be
    if field in CHOICES and value not in (None, *CHOICES[field]):
        raise UserError(f"{option(name)} must be {' or '.join(map(str, CHOICES[field]))}, not {value}")
    if field in RANGES and value == []:
        raise UserError(f"{option(name)} must name at least one number")
    for number in value if isinstance(value, list) else [value]:
        if isinstance(number, int | float) and not isinstance(number, bool):
            _check_number(name, number, RANGES.get(field, Range()))


def _check_number(name: str, number: float, allowed: Range) -> None:
    if not math.isfinite(number):
        raise UserError(f"{option(name)} must be a finite number, not {number}")
    if number not in allowed:
        raise UserError(f"{option(name)} must be {allowed}, not {number}")


def _check_parts(batch_size: int, parts: int) -> None:
    if batch_size % parts:
        raise UserError(
            f"--batch-size {batch_size} cannot be cut into {parts} equal parts: "
            f"--optimizer.accumulate must divide it"
        )


def _check_label_names(classes: int | None, names: tuple[str, ...]) -> None:
    if classes is not None and len(names) > classes:
        raise UserError(f"label_names has {len(names)} names, and there are {classes} classes")


def _check_network(network: Any, name: str) -> None:
    """Refuses a UNet, or an ensemble of them, with widths or heads that its layers cannot have."""
    if isinstance(network, Ensemble):
        _check_network(network.network, f"{name}.network")
    if isinstance(network, UNet):
        _check_widths(network.widths, option(f"{name}.widths"))
        _check_heads(network.heads, network.widths[-1], option(f"{name}.heads"))


def _check_widths(widths: tuple[int, ...], name: str) -> None:
    if any(width % GROUPS for width in widths):
        given = " ".join(map(str, widths))
        raise UserError(
            f"{name} {given} does not fit the network: each must be a multiple of {GROUPS}; "
            f"the nearest is {name} {_nearest_multiples(widths, GROUPS)}"
        )


def _check_heads(heads: int, width: int, name: str) -> None:
    if width % heads:
        divisors = (number for number in range(1, width + 1) if width % number == 0)
        nearest = min(divisors, key=lambda number: abs(number - heads))
        raise UserError(
            f"{name} {heads} does not fit the network: it must divide the last of its widths, {width}; "
            f"the nearest is {name} {nearest}"
        )


def _check_image_size(size: tuple[int, int], divisor: int) -> None:
    if len(size) != 2:
        raise UserError("--image-size takes one number, or a height and a width")
    if min(size) < 1 or any(side % divisor for side in size):
        given = " ".join(map(str, size))
        raise UserError(
            f"--image-size {given} does not fit the network: both sides must be multiples of "
            f"{divisor}; the nearest is --image-size {_nearest_multiples(size, divisor)}"
        )


def _nearest_multiples(numbers: tuple[int, ...], divisor: int) -> str:
    return " ".join(str(max(divisor, round(number / divisor) * divisor)) for number in numbers)
