"""What archives say about their pictures: classes and splits, by folders or by label files.

dataset/train/tulip/1.jpg       folders; those that all members share (`dataset`) are passed over
00012.jpg  00012.cls            WebDataset: a number, or a name
00012.jpg  00012.json           the value of one of its keys
"""

import json
from collections.abc import Mapping, Sequence

from mezzotint.data.source import NO_LABEL

MOST = 2**31 - 1
SPLIT_OF = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}

Value = int | str | None


def sample(name: str) -> str:
    """What a picture and its label files share: the path up to the file's first dot."""
    folder, slash, file = name.rpartition("/")
    return folder + slash + file.split(".", 1)[0]


def value_of(content: bytes, key: str | None) -> Value:
    """A label file's value.

    Args:
        content: a number or a name; with a key, JSON.
        key: of a JSON file.

    Raises:
        ValueError: there is none; the message is the reason.
    """
    if key is None:
        text = content.decode("utf-8", "replace").strip()
        if not text:
            raise ValueError("the label file is empty")
        return _number_or_name(text)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("the label file is not JSON") from None
    value = found.get(key) if isinstance(found, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"the label file has no number or name {key!r}")
    return value


def _number_or_name(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def numbered(values: Sequence[Value]) -> tuple[list[int], tuple[str, ...]]:
    """Labels from values: numbers stay; names, or both mixed, are numbered in their order as text.

    Returns:
        A label for each, -1 for None; and the names, empty where all are numbers.
    """
    if all(value is None or (isinstance(value, int) and 0 <= value <= MOST) for value in values):
        return [NO_LABEL if value is None else int(value) for value in values], ()
    names = sorted({str(value) for value in values if value is not None})
    number = {name: label for label, name in enumerate(names)}
    return [NO_LABEL if value is None else number[str(value)] for value in values], tuple(names)


def folders(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The folders of each name, without those that all share and that have several folders in them."""
    found = [tuple(part for part in name.split("/")[:-1] if part not in ("", ".")) for name in names]
    while len({each[:1] for each in found}) == 1 and len({each[1:2] for each in found} - {()}) > 1:
        found = [each[1:] for each in found]
    return found


def split_off(folders: tuple[str, ...], known: Mapping[str, str] = SPLIT_OF) -> tuple[str, tuple[str, ...]]:
    """A picture's own split, empty where its first folder is none, and the folders below it."""
    split = known.get(folders[0].lower(), "") if folders else ""
    return split, folders[1:] if split else folders
