"""A configuration as command-line options: every field, its type and default, and its help.

tyro wants one class whose fields have concrete types. `Mirror` builds it from a configuration: each part
becomes a dataclass of its own with the part's docstring, and a part that has kinds gets `kind` as a first
field. What tyro gives back has the shape of config.json, and is read by the same codec.
"""

import dataclasses
import typing
from types import SimpleNamespace
from typing import Any, Literal, Optional

import tyro

from mezzotint.config import KINDS, UNASKED, Config, field_names, from_dict, kind_of

Field = tuple[str, Any, Any]


def parse(default: Config, extra: type, words: list[str], prog: str) -> tuple[Any, Config]:
    """Reads words into the options of `extra` (a dataclass) and a configuration.

    Kinds are read first, because they decide which other options there are.
    """
    chosen = _chosen(default, _without_help(words), prog)
    fields = [(f.name, f.type, f) for f in dataclasses.fields(extra)]
    whole = dataclasses.make_dataclass("Options", fields + _fields(Config, chosen), kw_only=True)
    whole.__doc__ = _joined(extra, Config)
    values = _plain(tyro.cli(whole, args=words, prog=prog))
    others = extra(**{f.name: values.pop(f.name) for f in dataclasses.fields(extra)})
    return others, from_dict({**{name: getattr(default, name) for name in UNASKED}, **values})


def _chosen(default: Config, words: list[str], prog: str) -> SimpleNamespace:
    """The configuration's fields, with fresh parts where the words ask for another kind.

    Not a `Config` yet, which would be checked before the other options are read. A fresh part may have
    kinds within it, so that the words are read until nothing changes.
    """
    names = [name for name in field_names(Config) if name not in UNASKED]
    parts = {name: getattr(default, name) for name in names}
    while True:
        parsed, _ = tyro.cli(_kinds_only(parts), args=words, prog=prog, return_unknown_args=True)
        kinds = _plain(parsed)
        fresh = {name: _with_kinds(name, part, kinds.get(name)) for name, part in parts.items()}
        if fresh == parts:
            return SimpleNamespace(**parts)
        parts = fresh


def _fields(cls: type, value: Any) -> list[Field]:
    hints = typing.get_type_hints(cls)
    names = [name for name in field_names(cls) if name not in UNASKED]
    return [_field(name, hints[name], getattr(value, name)) for name in names]


def _field(name: str, hint: Any, value: Any) -> Field:
    if name == "image_size":
        return name, tuple[int, ...], value
    if not dataclasses.is_dataclass(value) and name not in KINDS:
        return name, hint, value
    mirror = _mirror(name, value)
    return name, mirror, dataclasses.field(default_factory=mirror)


def _mirror(name: str, value: Any) -> type:
    fields: list[Field] = [_kind_field(name, value)] if name in KINDS else []
    if value is not None:
        fields += _fields(type(value), value)
    mirror = dataclasses.make_dataclass(name.title(), fields, kw_only=True)
    mirror.__doc__ = _with_kind_help(type(value).__doc__ or "")
    return mirror


def _kind_field(name: str, value: Any) -> Field:
    choices = Literal[tuple(KINDS[name])]
    return "kind", choices if value is not None else Optional[choices], kind_of(value)  # noqa: UP045  no `|` for a runtime Literal


def _kinds_only(parts: dict[str, Any]) -> type:
    """The same tree of options with the kinds alone."""
    return dataclasses.make_dataclass("Kinds", _kind_fields(parts), kw_only=True)


def _kind_fields(parts: dict[str, Any]) -> list[Field]:
    fields: list[Field] = []
    for name, part in parts.items():
        if name in KINDS or dataclasses.is_dataclass(part):
            kind = [_kind_field(name, part)] if name in KINDS else []
            below = {child: getattr(part, child) for child in _names(part)}
            mirror = dataclasses.make_dataclass(name.title(), kind + _kind_fields(below), kw_only=True)
            fields.append((name, mirror, dataclasses.field(default_factory=mirror)))
    return fields


def _names(part: Any) -> list[str]:
    return field_names(type(part)) if dataclasses.is_dataclass(part) else []


def _with_kinds(name: str, part: Any, kinds: dict[str, Any] | None) -> Any:
    """The part, or a fresh one of the kind that is asked for; the same for what is within it."""
    if kinds is None:
        return part
    asked = kinds.pop("kind", None)
    if asked is not None and asked != kind_of(part):
        return KINDS[name][asked]()
    within = {child: _with_kinds(child, getattr(part, child), below) for child, below in kinds.items()}
    return dataclasses.replace(part, **within) if within else part


def _plain(value: Any) -> Any:
    """Nested dataclasses as nested dictionaries; a part of no kind is None."""
    if not dataclasses.is_dataclass(value):
        return value
    values = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if values.get("image_size") and len(values["image_size"]) == 1:
        values["image_size"] *= 2
    return None if values.get("kind", "") is None else values


def _without_help(words: list[str]) -> list[str]:
    return [word for word in words if word not in ("-h", "--help")]


def _with_kind_help(docstring: str) -> str:
    kind = "        kind: which one; the other options here are its own."
    if "Attributes:" in docstring:
        return docstring.replace("Attributes:", f"Attributes:\n{kind}", 1)
    return f"{docstring}\n\n    Attributes:\n{kind}\n    "


def _joined(first: type, second: type) -> str:
    """Two docstrings as one: the first's text, both lists of attributes."""
    head, _, attributes = (second.__doc__ or "").partition("Attributes:\n")
    return (first.__doc__ or "").rstrip() + "\n" + attributes
