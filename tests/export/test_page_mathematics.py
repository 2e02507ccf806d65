"""The page's JavaScript against the Python that it says again, in double precision, and its own noise."""

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from scipy import stats

from mezzotint.config.kinds import encode
from mezzotint.core.grid import Grid
from mezzotint.core.level import Level
from mezzotint.core.schedule import Rates, Schedule, log_snr
from mezzotint.editing.inpaint import keep, match
from mezzotint.editing.plan import Plan
from mezzotint.sampling import fresh, loop
from mezzotint.sampling.presets import preset

from ..editing.correlated import SHAPE, SMOOTH
from ..editing.schedules import over_schedules
from ..laws.members import every, members, precision
from ..sampling.table import Table

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js")

SAMPLERS = ["ddim", "ddpm", "heun", "dpmpp-2m", "dpmpp-2m-sde"]
SCHEDULES = [encode(schedule) for _, schedule in members("schedule")]
STEPS = 6
STD = 0.05


def page(task: str, **given: Any) -> np.ndarray | list:
    """What `compute.mjs` makes of a task."""
    script, sources = Path(__file__).with_name("compute.mjs"), files("mezzotint.export").joinpath("page")
    command = ["node", str(script), str(sources), task]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def problem(sampler: str) -> dict[str, Any]:
    """What both sides are given: the start, the steps' own noise, and the pictures' distribution."""
    keys = loop.keys(0, 0, 1)
    noises = [
        fresh.noise(jax.vmap(jax.random.fold_in, (0, None))(keys, index), SHAPE) for index in range(STEPS)
    ]
    variances, vectors = np.linalg.eigh(SMOOTH.covariance)
    return {
        "schedules": SCHEDULES,
        "sampler": sampler,
        "steps": STEPS,
        "x": np.ravel(fresh.noise(keys, SHAPE)).tolist(),
        "fresh": [np.ravel(noise).tolist() for noise in noises],
        "pictures": {
            "mean": SMOOTH.mean.tolist(),
            "variances": variances.tolist(),
            "vectors": vectors.tolist(),
        },
    }


def plan(sampler: str, schedule: Table, times: loop.Times) -> Plan:
    keys = loop.keys(0, 0, 1)
    x = fresh.noise(keys, SHAPE)
    return Plan(SMOOTH.denoiser(schedule), schedule, preset(sampler), times, x, keys)


@every("level")
def test_levels_are_pythons(level: Level) -> None:
    with precision():
        alpha, sigma = np.cos(np.linspace(0.01, 1.55, 9)), np.linspace(0.001, 2, 9)
        found = page("levels", level=encode(level), rates=np.stack([alpha, sigma], -1).tolist())
        np.testing.assert_allclose(found, level(Rates(jnp.asarray(alpha), jnp.asarray(sigma))), rtol=1e-12)


@every("schedule")
def test_schedules_are_pythons(schedule: Schedule) -> None:
    with precision():
        at = np.linspace(0, 1, 21)
        rates = schedule(jnp.asarray(at))
        found = page("rates", schedule=encode(schedule), at=at.tolist())
        np.testing.assert_allclose(found, np.stack(rates, -1), rtol=1e-12)
        ratios = np.asarray(log_snr(rates))
        found = page("inverses", schedule=encode(schedule), at=ratios.tolist())
        np.testing.assert_allclose(found, at, atol=1e-9)  # EDM's times crowd: 1e-9 of t is 1e-12 of sigma


@every("schedule")
@every("grid")
def test_grids_are_pythons(grid: Grid, schedule: Schedule) -> None:
    with precision():
        one, ten = page("times", schedule=encode(schedule), grid=encode(grid), counts=[1, 10])
        np.testing.assert_allclose(ten, grid(schedule, 10), atol=1e-9)
    assert one == [1]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_samplers_are_pythons(sampler: str) -> None:
    """On every schedule, with the noise of Python's steps."""

    def made(schedule: Table, times: loop.Times) -> Array:
        return loop.sample(*plan(sampler, schedule, times))

    with precision():
        found = page("sample", **problem(sampler))
        expected = over_schedules(made, STEPS).reshape(len(SCHEDULES), -1)
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)


def test_one_step_is_one_denoise() -> None:
    with precision():
        given = problem("dpmpp-2m") | {"steps": 1}
        expected = over_schedules(lambda schedule, times: loop.sample(*plan("ddim", schedule, times)), 1)
        np.testing.assert_allclose(page("sample", **given), expected.reshape(len(SCHEDULES), -1), rtol=1e-8)


@pytest.mark.parametrize("sampler", ["ddim", "dpmpp-2m"])
def test_inpainting_is_pythons(sampler: str) -> None:
    """A finite difference is a derivative where the denoiser is linear, and its matrix here symmetric."""
    mask = np.arange(16).reshape(1, *SHAPE) % 4 >= 2  # the right half

    with precision():
        picture, painted = SMOOTH.draw(1), jnp.asarray(mask)

        def made(schedule: Table, times: loop.Times) -> Array:
            before = plan(sampler, schedule, times)
            return loop.sample(*keep(match(before, picture, painted, STD), picture, painted))

        given = problem(sampler) | {"picture": np.ravel(picture).tolist(), "std": STD}
        found = page("inpaint", mask=mask.ravel().astype(int).tolist(), **given)
        expected = over_schedules(made, STEPS).reshape(len(SCHEDULES), -1)
        np.testing.assert_allclose(found, expected, atol=1e-6)
        known = ~mask.ravel()
        np.testing.assert_array_equal(
            np.asarray(found)[:, known], np.tile(np.ravel(picture)[known], (len(SCHEDULES), 1))
        )


def test_the_noise_is_standard_normal_and_its_streams_are_independent() -> None:
    """In 20,000 values of each: Kolmogorov and Smirnov's test, and correlations within 4 standard errors."""
    count = 20_000
    streams = {
        (seed, stream): np.asarray(page("normal", seed=seed, stream=stream, length=count))
        for seed, stream in ((0, 0), (0, 1), (1, 0), (4294967295, 0))
    }
    first = streams[0, 0]
    for values in streams.values():
        assert stats.kstest(values, "norm").pvalue > 1e-3
        for lag in (1, 2, 20):
            assert abs(np.corrcoef(values[:-lag], values[lag:])[0, 1]) < 4 / count**0.5
    for name, values in streams.items():
        if name != (0, 0):
            assert abs(np.corrcoef(first, values)[0, 1]) < 4 / count**0.5, name


def test_the_noise_is_a_function_of_seed_and_stream() -> None:
    """And of nothing else: not of how much is asked for."""
    assert page("normal", seed=7, stream=3, length=10) == page("normal", seed=7, stream=3, length=11)[:10]
