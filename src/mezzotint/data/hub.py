"""A set of Hugging Face's `datasets`: from the hub, from its cache, or from files on disk.

hf:NAME[:SLICE[,SLICE]], where NAME is the hub's, or a parquet file, a folder of parquet files, a folder
of pictures in folders (imagefolder), or a folder that `save_to_disk` wrote. Slices are the split strings
of `datasets`. Pictures stay encoded until they are decoded here. A set that is not in the cache is
fetched; with HF_HUB_OFFLINE=1 nothing is.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mezzotint.data.labels import numbered
from mezzotint.data.records import Slice, label_field, no_slice, picture_field, slices, take_apart
from mezzotint.data.source import NO_LABEL, Content, Entry, Origin, Undecodable
from mezzotint.data.uri import Uri
from mezzotint.errors import UserError

OPTIONS = {
    "config": "which of the set's configurations",
    "data_dir": "a folder within the set",
    "image": "the column with the pictures; otherwise the only one of pictures",
    "label": "the column with the labels; otherwise the only one of classes; empty for none",
}
SAVED = ("dataset_dict.json", "state.json")


def open_hf(uri: Uri) -> Origin:
    """The pictures of a set.

    Raises:
        UserError: `datasets` is not installed, the set cannot be opened, or has no such slice or column.
    """
    datasets = _datasets()
    name, asked = take_apart(uri.path)
    title = f"hf:{name}"
    sets = _load(datasets, title, name, uri.options)
    features = next(iter(sets.values())).features
    image, label = _columns(datasets, title, features, uri.options)
    roots = _roots(datasets, name)
    pictures = {split: _encoded(datasets, title, sets[split], image) for split in sets}
    found = [
        (_Picture(f"{title}:{split} {row}", pictures[split], row, image, roots), part.split, split)
        for part in slices(title, asked, list(sets))
        for split, rows in _rows(datasets, title, sets, part)
        for row in rows
    ]
    labels, names = _labels(datasets, title, sets, label)
    entries = (
        Entry(each.name, each.read, labels[own][each.row] if label else NO_LABEL, split)
        for each, split, own in found
    )
    return Origin(title, tuple(entries), label_names=names)


@dataclass(frozen=True)
class _Picture:
    """A row of a set."""

    name: str
    pictures: Any
    row: int
    column: str
    roots: Sequence[Path]

    def read(self) -> Content:
        try:
            cell = self.pictures[self.row][self.column] or {}
            return cell["bytes"] if cell.get("bytes") is not None else self._file(cell.get("path"))
        except OSError as error:
            raise Undecodable(f"it cannot be read ({error.strerror})") from error

    def _file(self, path: str | None) -> bytes:
        """A file's content; a set may name no file but its own."""
        if not path:
            raise Undecodable("there is no picture in this row")
        file = Path(os.path.realpath(path))
        if not file.is_file() or not any(file.is_relative_to(root) for root in self.roots):
            raise Undecodable("it is not a file of the set")
        return file.read_bytes()


def _datasets() -> Any:
    try:
        import datasets  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise UserError(
            "hf: needs Hugging Face's datasets, which is not installed: pip install 'mezzotint[hf]'"
        ) from error
    return datasets


def _load(datasets: Any, title: str, name: str, options: Mapping[str, str]) -> dict[str, Any]:
    """The set's splits by name."""
    path = os.path.expanduser(name)
    config, data_dir = options.get("config"), options.get("data_dir")
    try:
        if os.path.isdir(path):
            found = _load_folder(datasets, path, config, data_dir)
        elif os.path.isfile(path):
            found = datasets.load_dataset("parquet", data_files=path)
        else:
            _demand_hub_name(title, path)
            found = datasets.load_dataset(name, config, data_dir=data_dir)
    except UserError:
        raise
    except Exception as error:  # network, cache, format: nearly anything
        raise UserError(_unopened(title, error, local=os.path.exists(path))) from error
    return {split: found[split] for split in found} if isinstance(found, dict) else {"train": found}


def _load_folder(datasets: Any, path: str, config: str | None, data_dir: str | None) -> Any:
    folder = Path(path, data_dir or "")
    if any((folder / name).is_file() for name in SAVED):
        return datasets.load_from_disk(str(folder))
    kind = "parquet" if next(folder.rglob("*.parquet"), None) else "imagefolder"
    return datasets.load_dataset(kind, config, data_dir=str(folder))


def _demand_hub_name(title: str, path: str) -> None:
    if path.startswith((".", os.sep)) or path.count("/") > 1:
        raise UserError(f"{title}: there is no file or folder {path!r}, and the hub's names are OWNER/NAME")


def _unopened(title: str, error: Exception, local: bool) -> str:
    said = " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
    mend = (
        "name a parquet file, or a folder of parquet files or of pictures"
        if local
        else "check its name and the network; without one, only sets in the cache can be opened"
    )
    return f"{title} cannot be opened ({said}): {mend}"


def _columns(
    datasets: Any, title: str, features: Mapping[str, Any], options: Mapping[str, str]
) -> tuple[str, str | None]:
    """The names of the columns with the pictures and the labels."""

    def of(kind: type) -> list[str]:
        return [column for column in features if isinstance(features[column], kind)]

    return (
        picture_field(title, options.get("image"), of(datasets.Image), list(features)),
        label_field(title, options.get("label"), of(datasets.ClassLabel), list(features)),
    )


def _roots(datasets: Any, name: str) -> list[Path]:
    """The folders in which a set's files may lie."""
    path = os.path.expanduser(name)
    if os.path.exists(path):
        return [Path(os.path.realpath(path))]
    from huggingface_hub import constants  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    caches = datasets.config.HF_DATASETS_CACHE, constants.HF_HUB_CACHE
    return [Path(os.path.realpath(cache)) for cache in caches]


def _encoded(datasets: Any, title: str, dataset: Any, image: str) -> Any:
    """The column of pictures alone, undecoded."""
    try:
        return dataset.select_columns([image]).cast_column(image, datasets.Image(decode=False))
    except Exception as error:
        raise UserError(f"{title}: the column {image!r} does not hold pictures ({error})") from error


def _rows(datasets: Any, title: str, sets: Mapping[str, Any], part: Slice) -> list[tuple[str, range]]:
    """The rows of a slice, split by split."""
    try:
        lengths = {split: len(sets[split]) for split in sets}
        parts = datasets.ReadInstruction.from_spec(part.text).to_absolute(lengths)
    except Exception as error:
        raise no_slice(title, part.text, error, list(sets)) from error
    return [(each.splitname, range(each.from_, each.to)) for each in parts]


def _labels(
    datasets: Any, title: str, sets: Mapping[str, Any], label: str | None
) -> tuple[dict[str, list[int]], tuple[str, ...]]:
    """The labels of each split, and what they are called."""
    if label is None:
        return {}, ()
    columns = {split: dataset.select_columns([label])[:][label] for split, dataset in sets.items()}
    feature = next(iter(sets.values())).features[label]
    if isinstance(feature, datasets.ClassLabel):
        numbers = {s: [NO_LABEL if value is None else value for value in columns[s]] for s in columns}
        return numbers, tuple(feature.names or ())
    values = [value for column in columns.values() for value in column]
    if not all(value is None or isinstance(value, str | int) for value in values):
        raise UserError(f"{title}: the column {label!r} holds no labels: choose another with ?label=COLUMN")
    given = iter(numbered(values)[0])
    return {split: [next(given) for _ in column] for split, column in columns.items()}, numbered(values)[1]
