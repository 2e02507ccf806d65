"""The configuration: its JSON, its tables of kinds, and what it refuses."""

import dataclasses
import json
import math
from collections.abc import Callable

import pytest

from mezzotint.config import (
    KINDS,
    Config,
    Optimizer,
    differences,
    encode,
    from_dict,
    from_json,
    kind_of,
    to_json,
)
from mezzotint.core.objective import Edm, Plain, Weighted
from mezzotint.core.prediction import Velocity
from mezzotint.core.schedule import Cosine, Straight
from mezzotint.errors import UserError
from mezzotint.networks.ensemble import Ensemble
from mezzotint.networks.unet import UNet
from mezzotint.sampling.ddim import Ddim

PARTS = [(name, kind) for name in KINDS if name != "weighting" for kind in KINDS[name]]


@pytest.mark.parametrize(("name", "kind"), PARTS)
def test_every_kind_survives_json(name: str, kind: str) -> None:
    part = KINDS[name][kind]()
    assert kind_of(part) == kind
    config = dataclasses.replace(Config(), **{name: part})
    assert from_json(to_json(config)) == config


def test_parts_within_parts_survive_json() -> None:
    for objective in (Plain(norm="l1", prediction=Velocity()), Weighted(weighting=Edm(sigma_data=0.5))):
        config = Config(objective=objective)
        assert from_json(to_json(config)) == config


def test_the_document_carries_its_version() -> None:
    document = json.loads(to_json(Config()))
    assert document["version"] == 1
    with pytest.raises(UserError, match="version 2; this program reads 1"):
        from_json(json.dumps({**document, "version": 2}))


def test_a_document_from_before_there_were_classes_is_read_as_one_without() -> None:
    document = json.loads(to_json(Config()))
    for name in ("classes", "label_dropout", "label_names"):
        del document["config"][name]
    assert from_json(json.dumps(document)) == Config() and Config().classes == 0


def test_classes_and_their_names_survive_json() -> None:
    config = Config(classes=2, label_names=("aster", "rose"))
    assert from_json(to_json(config)) == config


def changed(change: Callable[[dict], object]) -> str:
    """The default configuration's JSON with something changed in it."""
    document = json.loads(to_json(Config()))
    change(document["config"])
    return json.dumps(document)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(stepz=1), "config has no field 'stepz'; did you mean steps"),
        (
            lambda c: c["network"].update(kind="unett"),
            "config.network has no kind 'unett'; did you mean unet",
        ),
        (lambda c: c["schedule"].update(kind=["cosine"]), "config.schedule has no kind ['cosine']"),
        (lambda c: c["network"].update(width=1), "config.network has no field 'width'; did you mean widths"),
        (lambda c: c.update(batch_size="64"), "config.batch_size cannot be '64'"),
        (lambda c: c.update(flip=1), "config.flip cannot be 1"),
        (lambda c: c.update(steps=True), "config.steps cannot be True"),
        (lambda c: c["optimizer"].update(decay="linear"), "config.optimizer.decay cannot be 'linear'"),
        (lambda c: c.update(optimizer=3), "config.optimizer"),
        (lambda c: c["optimizer"].update(kind="adamw"), "config.optimizer has no field 'kind'"),
        (lambda c: c["network"].update(widths=["32"]), "config.network.widths cannot be"),
    ],
)
def test_what_is_wrong_with_a_document_is_named(change: Callable[[dict], object], said: str) -> None:
    with pytest.raises(UserError) as error:
        from_json(changed(change))
    assert said in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"config": {}}', "null"])
def test_what_is_no_document_is_said_to_be_none(text: str) -> None:
    with pytest.raises(UserError, match="not one of mezzotint's"):
        from_json(text)


def test_missing_fields_take_their_defaults() -> None:
    assert from_dict({"steps": 5}) == Config(steps=5)


def test_differences_name_each_field_with_both_values() -> None:
    new = Config(schedule=Straight(), optimizer=Optimizer(b1=0.5))
    assert differences(Config(), Config()) == {}
    found = differences(Config(), new)
    assert found["optimizer.b1"] == (0.9, 0.5)
    assert found["schedule.kind"] == ("cosine", "straight")
    assert found["schedule.epsilon"] == (None, 1e-3)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"image_size": (60, 64)}, "multiples of 8; the nearest is --image-size 64 64"),
        ({"image_size": (0, 64)}, "the nearest is --image-size 8 64"),
        ({"image_size": (64, 64, 64)}, "one number, or a height and a width"),
        ({"batch_size": 0}, "--batch-size must be at least 1, not 0"),
        ({"steps": -1}, "--steps must be at least 1, not -1"),
        ({"epochs": 0.0}, "--epochs must be above 0, not 0"),
        ({"epochs": math.nan}, "--epochs must be a finite number, not nan"),
        ({"sampling_steps": 1025}, "--sampling-steps must be from 1 to 1024, not 1025"),
        ({"sampler": Ddim(eta=1.5)}, "--sampler.eta must be from 0 to 1, not 1.5"),
        ({"optimizer": Optimizer(learning_rate=0)}, "--optimizer.learning-rate must be above 0, not 0"),
        ({"schedule": Cosine(min_signal=0.96)}, "--schedule.min-signal 0.96 must be below --schedule.max"),
        (
            {"network": UNet(dtype="floaty")},
            "--network.dtype must be float32 or bfloat16 or float64, not floaty",
        ),
        ({"sampling_steps": 0}, "--sampling-steps must be from 1 to 1024, not 0"),
        ({"network": UNet(patch=0)}, "--network.patch must be at least 1, not 0"),
        ({"network": UNet(widths=())}, "--network.widths must name at least one number"),
        (
            {"network": UNet(widths=(20, 40))},
            "each must be a multiple of 8; the nearest is --network.widths 16 40",
        ),
        ({"network": UNet(widths=(3, 96))}, "the nearest is --network.widths 8 96"),
        (
            {"network": UNet(heads=5)},
            "it must divide the last of its widths, 128; the nearest is --network.heads 4",
        ),
        ({"network": UNet(heads=500)}, "the nearest is --network.heads 128"),
        ({"network": Ensemble(UNet(heads=5))}, "the nearest is --network.network.heads 4"),
        ({"network": Ensemble(UNet(heads=0))}, "--network.network.heads must be at least 1, not 0"),
        ({"channels": 2}, "--channels must be 1 or 3, not 2"),
        ({"seed": 2**32}, "--seed must be from 0 to 4294967295"),
        ({"optimizer": Optimizer(accumulate=5)}, "--optimizer.accumulate must divide it"),
    ],
)
def test_values_that_can_never_work_are_refused(wrong: dict, said: str) -> None:
    with pytest.raises(UserError) as error:
        Config(**wrong)
    assert said in str(error.value)


def test_every_field_of_a_configuration_reaches_its_json() -> None:
    assert set(encode(Config())) == {f.name for f in dataclasses.fields(Config)}
