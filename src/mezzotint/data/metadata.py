"""A table of pictures beside them, as Hugging Face's imagefolder has it: CSV, or JSON in lines.

Each row names a file, relative to the table, in `file_name`, and says its label in another column.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from mezzotint.errors import UserError, nearest

NAMES = ("metadata.jsonl", "metadata.csv", "labels.csv")  # the first one there counts
FILE, LABEL = "file_name", "label"
MAX_ROWS = 5_000_000
MAX_BYTES = 256 * 2**20


def labels(table: bytes, name: str, column: str | None, *, demanded: bool) -> dict[str, str | None] | None:
    """What a table says of its files.

    Args:
        table: the file's content.
        name: of the file, for messages; what ends in `.jsonl` is JSON in lines.
        column: with the labels; None for `label`, where there is one.
        demanded: whether the user asked for this table's labels.

    Returns:
        File -> label, None where it has none; None for a table that does not name files, unless demanded.

    Raises:
        UserError: the table cannot be read, is too long, or lacks a column that is asked for.
    """
    if len(table) > MAX_BYTES:
        raise UserError(f"{name} is larger than {MAX_BYTES // 2**20} MiB: too large for a table of labels")
    try:
        lines = io.StringIO(table.decode("utf-8-sig"), newline="")
        rows = list(islice(_json(lines) if name.endswith(".jsonl") else csv.DictReader(lines), MAX_ROWS + 1))
    except (UnicodeDecodeError, csv.Error, ValueError, RecursionError) as error:
        raise UserError(f"{name} cannot be read as a table ({error}): mend or remove it") from error
    if len(rows) > MAX_ROWS:
        raise UserError(f"{name} has more than {MAX_ROWS:,} rows: too many for a table of labels")
    columns = {str(key) for row in rows for key in row}
    if FILE not in columns and not demanded and column is None:
        return None
    wanted = column or LABEL
    _demand_columns(name, columns, (FILE, wanted) if column or demanded else (FILE,))
    return {file: _label(name, file, row.get(wanted)) for file, row in _named(name, rows)}


def _json(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        row = json.loads(line) if line.strip() else {}
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is not an object")
        yield row


def _named(name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows with the files that they name; rows without are skipped."""
    for row in rows:
        file = row.get(FILE)
        if file and not isinstance(file, str):
            raise UserError(f"{name}: {FILE} holds {file!r}, which is not a file's name")
        if file:
            yield file, row


def _demand_columns(name: str, there: set[str], wanted: Iterable[str]) -> None:
    for column in wanted:
        if column not in there:
            raise UserError(f"{name} has no column {column!r}{nearest(column, sorted(there))}")


def _label(name: str, file: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str | int):
        raise UserError(f"{name}: the label of {file!r} is neither text nor a whole number: {value!r:.60}")
    return str(value)
