"""Configurations as JSON, and what differs between two.

A value with a name is written as `{"kind": name, **fields}`; reading an unknown kind or field is a
`UserError` that names it.
"""

import dataclasses
import json
import types
import typing
from typing import Any, Literal

from mezzotint.config.fields import Config
from mezzotint.config.kinds import KINDS, encode, field_names, flatten
from mezzotint.errors import UserError, nearest

VERSION = 1


def to_json(config: Config) -> str:
    """The configuration as JSON text, with the version of the format."""
    return json.dumps({"version": VERSION, "config": encode(config)}, indent=2) + "\n"


def from_json(text: str) -> Config:
    """The configuration that `to_json` wrote; a `UserError` says what is wrong with the text."""
    try:
        document = json.loads(text)
        version, body = document["version"], document["config"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"the configuration is not one of mezzotint's: {error!r}") from None
    if version != VERSION:
        raise UserError(f"the configuration has version {version}; this program reads {VERSION}")
    return from_dict(body)


def from_dict(body: dict[str, Any]) -> Config:
    """The configuration that `encode` made a dictionary of, or its fields' defaults."""
    return decode(Config, body, "config")


def differences(old: Config, new: Config) -> dict[str, tuple[Any, Any]]:
    """The fields, as dotted names, in which two configurations differ, with both values."""
    before, after = flatten(old), flatten(new)
    names = {**before, **after}
    return {
        name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    }


def decode(cls: type, body: Any, path: str) -> Any:
    """The dataclass that `encode` made a dictionary of; `path` is what messages call it."""
    if not isinstance(body, dict):
        raise UserError(f"{path} must be a JSON object, not {body!r}")
    hints = {name: typing.get_type_hints(cls)[name] for name in field_names(cls)}
    values = {}
    for name, value in body.items():
        if name not in hints:
            raise UserError(f"{path} has no field {name!r}{nearest(name, hints)}")
        values[name] = _value(name, hints[name], value, f"{path}.{name}")
    return cls(**values)


def _value(name: str, hint: Any, value: Any, path: str) -> Any:
    if isinstance(value, dict) and name in KINDS:
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in KINDS[name]:
            raise UserError(f"{path} has no kind {kind!r}{nearest(str(kind), KINDS[name])}")
        return decode(KINDS[name][kind], {key: value[key] for key in value if key != "kind"}, path)
    if dataclasses.is_dataclass(hint):
        return decode(typing.cast(type, hint), value, path)
    value = tuple(value) if isinstance(value, list) else value
    if not _fits(value, hint):
        raise UserError(f"{path} cannot be {value!r}")
    return value


def _fits(value: Any, hint: Any) -> bool:
    """Whether a JSON value is of a plain type: a number, a string, a choice, a tuple, an optional."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, argument) for argument in arguments)
    if origin is Literal:
        return value in arguments
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(item, arguments[0]) for item in value)
    if value is None:
        return hint is types.NoneType
    if isinstance(value, bool) and hint is not bool:
        return False
    if hint is float:
        return isinstance(value, int | float)
    return hint in (str, int, bool) and isinstance(value, hint)
