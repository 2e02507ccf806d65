"""A configuration as tables: one for the run, and one for each part with settings of its own."""

from collections.abc import Mapping
from html import escape
from typing import Any

from mezzotint.config import Config, flatten

RUN = "run"

Rows = Mapping[str, Any]


def settings(config: Config) -> str:
    """The whole configuration, a table a part."""
    return tables(groups(config))


def tables(parts: Mapping[str, Rows]) -> str:
    """A table for each part, in columns."""
    return f'<div class="settings">\n{"".join(_table(name, rows) for name, rows in parts.items())}\n</div>'


def groups(config: Config) -> dict[str, dict[str, Any]]:
    """{"run": {"recipe": ...}, "network": {...}}; a part that is a kind alone is the run's."""
    parts: dict[str, dict[str, Any]] = {RUN: {}}
    for name, value in flatten(config).items():
        part, _, rest = name.partition(".")
        parts.setdefault(part if rest else RUN, {})[rest or part] = value
    alone = [name for name, rows in parts.items() if list(rows) == ["kind"]]
    parts[RUN] |= {name: parts.pop(name)["kind"] for name in alone}
    return parts


def readable(value: Any) -> str:
    """A setting's value for people."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(readable, value))
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _table(name: str, rows: Rows) -> str:
    body = "".join(_row(field, value) for field, value in rows.items())
    return f"<table><caption>{_words(name)}</caption><tbody>{body}</tbody></table>"


def _row(field: str, value: Any) -> str:
    return f'<tr><th scope="row">{_words(field)}</th><td>{escape(readable(value))}</td></tr>'


def _words(name: str) -> str:
    """'learning rate' of learning_rate, 'prediction: kind' of prediction.kind."""
    return escape(name.replace("_", " ").replace(".", ": "))
