"""Labels that are words or numbers of their own -> 0, 1, ... and what these are called."""

from collections.abc import Iterable

from mezzotint.data.source import NO_LABEL

Label = str | int


def numbered(values: Iterable[Label | None]) -> tuple[list[int], tuple[str, ...]]:
    """Number the distinct values in their order: whole numbers as numbers, all else as text.

    Args:
        values: of each picture; None where it has none.

    Returns:
        Each picture's label, 0 and up, -1 where it has none; what the labels are called.
    """
    values = [None if value is None else str(value) for value in values]
    distinct = {value for value in values if value is not None}
    whole = all(_whole(value) for value in distinct)
    names = sorted(distinct, key=lambda value: (int(value) if whole else 0, value))
    place = {value: number for number, value in enumerate(names)}
    return [NO_LABEL if value is None else place[value] for value in values], tuple(names)


def _whole(value: str) -> bool:
    digits = value.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 20
