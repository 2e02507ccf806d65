"""The names of the command line."""

import dataclasses

import pytest

from mezzotint.config import Config, encode, from_json, kind_of, to_json
from mezzotint.errors import UserError
from mezzotint.sampling.churn import Churned
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import PRESETS, preset

MORE = {"churned": Churned(), "churned-ddim": Churned(Ddim(eta=0.5), gain=0.2)}


@pytest.mark.parametrize("sampler", [*PRESETS.values(), *MORE.values()], ids=[*PRESETS, *MORE])
def test_every_sampler_can_stand_in_a_configuration(sampler: Sampler) -> None:
    assert isinstance(sampler, Sampler)
    config = Config(sampler=sampler)
    assert from_json(to_json(config)) == config
    assert encode(config)["sampler"]["kind"] == kind_of(sampler)


def test_a_preset_is_what_its_name_says() -> None:
    assert all(preset(name) is sampler for name, sampler in PRESETS.items())
    assert [preset(f"ab{order}").order for order in range(1, 6)] == [1, 2, 3, 4, 5]
    with pytest.raises(UserError, match="there is no sampler 'dpmp-2m'; did you mean dpmpp-2m?"):
        preset("dpmp-2m")


@pytest.mark.parametrize(
    ("sampler", "said"),
    [
        (dataclasses.replace(PRESETS["ab1"], order=0), "--sampler.order must be from 1 to 5, not 0"),
        (
            dataclasses.replace(PRESETS["unipc"], predictor=4),
            "--sampler.predictor must be from 1 to 3, not 4",
        ),
        (Churned(gain=0.5), "--sampler.gain must be from 0 to 0.4142135624, not 0.5"),
        (Churned(Ddim(eta=2)), "--sampler.sampler.eta must be from 0 to 1, not 2"),
        (Churned(low=-1.0), "--sampler.low must be at least 0, not -1"),
    ],
)
def test_settings_out_of_range_are_refused(sampler: Sampler, said: str) -> None:
    with pytest.raises(UserError) as error:
        Config(sampler=sampler)
    assert said in str(error.value)
