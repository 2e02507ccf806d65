"""tuned.json: what is written is read, and what cannot be read is one line."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from mezzotint.errors import UserError
from mezzotint.runs.tuned import VERSION, Tuned, find, read, replaced, write
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.presets import preset

FIVE = Tuned("ddim", (1.0, 0.7, 0.4, 0.30000001192092896, 0.1), "karras", 0.02, 0.01, 64, 0, 1800)
THREE = Tuned("dpmpp-2m", (1.0, 0.5, 0.0), "uniform", 0.03, 0.03, 8, 7, None)


def test_grids_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "tuned.json"
    assert read(path) == ()
    write(path, [FIVE, THREE])
    assert read(path) == (FIVE, THREE)


def test_a_new_grid_takes_the_place_of_the_one_for_its_sampler_and_steps() -> None:
    again = replace(FIVE, times=(1.0, 0.6, 0.3, 0.2, 0.1))
    assert replaced(replaced((FIVE,), THREE), again) == (again, THREE)


def test_a_grid_is_found_by_its_sampler_and_its_number_of_times() -> None:
    grids = (FIVE, THREE)
    assert find(grids, Ddim(eta=0.0), 5) == FIVE
    assert find(grids, preset("dpmpp-2m"), 3) == THREE
    assert find(grids, Ddim(eta=0.5), 5) is None
    assert find(grids, Ddim(), 3) is None


def damaged(**changes: object) -> str:
    """The file with one grid, some of its fields changed or, by None, left out."""
    body = {name: value for name, value in {**asdict(FIVE), **changes}.items() if value is not None}
    return json.dumps({"version": VERSION, "grids": [body]})


DAMAGED = {
    "cut short": ('{"version": 1, "gri', "is damaged"),
    "no list": ('{"version": 1, "grids": 5}', "is damaged"),
    "another shape": ("[]", "is damaged"),
    "a newer version": ('{"version": 2, "grids": []}', "has version 2; this program reads 1"),
    "a field left out": (damaged(times=None), "is damaged"),
    "a field too many": (damaged(colour=1), "has no field 'colour'"),
    "a field of another type": (damaged(seed="x"), "cannot be 'x'"),
    "rising times": (damaged(times=[1.0, 0.5, 0.6]), "is no grid"),
    "no sampler of that name": (damaged(sampler="dddim"), "did you mean ddim"),
    "a grid that is a number": ('{"version": 1, "grids": [5]}', "must be a JSON object"),
}


@pytest.mark.parametrize(("text", "said"), DAMAGED.values(), ids=DAMAGED)
def test_a_file_that_cannot_be_read_is_one_line_that_names_it(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "tuned.json"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        read(path)
    assert str(path) in str(error.value) and said in str(error.value)
    assert "\n" not in str(error.value)
