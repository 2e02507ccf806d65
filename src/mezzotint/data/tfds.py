"""A set that TensorFlow Datasets has prepared, read where it lies; TensorFlow itself is not needed.

tfds:NAME[/CONFIG][:VERSION][:SLICE[,SLICE]], or the folder of a prepared set for NAME. Slices are TFDS's
own split strings: `train[:80%]+validation[:80%]+test[:80%]`. Nothing is fetched or prepared here, and no
builder's code is run. Files of array records and of TFRecords are read, the pictures still encoded.

The labels are read first, which takes one pass over the records; `?label=` leaves them and it out.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mezzotint.data.labels import numbered
from mezzotint.data.records import Slice, label_field, no_slice, picture_field, slices, take_apart
from mezzotint.data.source import NO_LABEL, Content, Entry, Origin, Undecodable
from mezzotint.data.tfrecord import TfRecords
from mezzotint.data.uri import Uri
from mezzotint.errors import UserError

OPTIONS = {
    "data_dir": "where the prepared sets lie; otherwise where TFDS puts them",
    "image": "the field with the pictures; otherwise the only one of pictures",
    "label": "the field with the labels; otherwise the only one of classes; empty for none",
}


def open_tfds(uri: Uri) -> Origin:
    """The pictures of a prepared set.

    Raises:
        UserError: TFDS is not installed, the set is not prepared, or it has no such slice or field.
    """
    tfds = _tfds()
    name, asked = take_apart(uri.path)
    title = f"tfds:{name}"
    info = _prepared(tfds, title, name, uri.options.get("data_dir"))
    image, label = _fields(tfds, title, info.features, uri.options)
    found = [
        _Picture(f"{title}:{part.text} {row}", part.split, records, row, info.features, image, label)
        for part in slices(title, asked, list(info.splits))
        for records in [_records(title, info, part)]
        for row in range(len(records))
    ]
    labels, names = _labels(found, info.features[label]) if label else ([NO_LABEL] * len(found), ())
    entries = (Entry(each.name, each.read, own, each.split) for each, own in zip(found, labels, strict=True))
    channels = {1: 1, 3: 3, 4: 3}.get(info.features[image].shape[-1])
    return Origin(title, tuple(entries), channels, label_names=names)


@dataclass(frozen=True)
class _Picture:
    """A record of a prepared set."""

    name: str
    split: str
    records: Sequence[bytes]
    row: int
    features: Any
    image: str
    label: str | None

    def read(self) -> Content:
        return self._fields()[self.image]

    def labelled(self) -> Any:
        """The label as it stands; None where the record cannot be read, which `read` then says."""
        try:
            value = self._fields()[self.label]
        except Undecodable:
            return None
        return value.decode(errors="replace") if isinstance(value, bytes) else value

    def _fields(self) -> Mapping[Any, Any]:
        """The fields, the picture still encoded where it is so in the record."""
        import tensorflow_datasets as tfds  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

        encoded = isinstance(self.features[self.image], tfds.features.Image)
        decoders = {self.image: tfds.decode.SkipDecoding()} if encoded else None
        try:
            return self.features.deserialize_example_np(self.records[self.row], decoders=decoders)
        except Exception as error:  # nearly anything, for a damaged file
            raise Undecodable(f"its record cannot be read ({error})") from error


def _tfds() -> Any:
    try:
        import tensorflow_datasets  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise UserError(
            "tfds: needs TensorFlow Datasets, which is not installed: pip install 'mezzotint[tfds]'"
        ) from error
    return tensorflow_datasets


def _prepared(tfds: Any, title: str, name: str, data_dir: str | None) -> Any:
    """What TFDS knows of a set that lies prepared."""
    folder, data_dir = os.path.expanduser(name), data_dir and os.path.expanduser(data_dir)
    reader = tfds.core.read_only_builder
    here = os.path.isdir(folder) or os.path.isabs(folder)
    try:
        builder = (
            reader.builder_from_directory(folder)
            if here
            else reader.builder_from_files(name, **({"data_dir": data_dir} if data_dir else {}))
        )
    except Exception as error:  # a set that is not there, or damaged, raises nearly anything
        raise UserError(_unprepared(tfds, title, name, here, data_dir)) from error
    if not builder.info.splits:
        raise UserError(f"{title} was not prepared to its end: prepare it again")
    return builder.info


def _unprepared(tfds: Any, title: str, name: str, here: bool, data_dir: str | None) -> str:
    if here:
        return f"{title} is not the folder of a prepared set: name the one with dataset_info.json in it"
    where = f", data_dir={data_dir!r}" if data_dir else ""
    call = f"tfds.builder({name!r}{where}, file_format='array_record').download_and_prepare()"
    return (
        f"{title} is not prepared in {data_dir or tfds.core.constants.DATA_DIR}: prepare it once in Python, "
        f"for which most sets want TensorFlow: "
        f"import tensorflow_datasets as tfds; {call}"
    )


def _fields(
    tfds: Any, title: str, features: Mapping[str, Any], options: Mapping[str, str]
) -> tuple[str, str | None]:
    """The names of the fields with the pictures and the labels."""

    def of(kind: type) -> list[str]:
        return [field for field in features if isinstance(features[field], kind)]

    image = picture_field(title, options.get("image"), of(tfds.features.Image), list(features))
    label = label_field(title, options.get("label"), of(tfds.features.ClassLabel), list(features))
    shape, kind = features[image].shape, str(getattr(features[image], "np_dtype", "")).rpartition(".")[-1]
    if len(shape or ()) != 3 or not kind.strip("'>").startswith("uint"):
        raise UserError(
            f"{title}: the field {image!r} does not hold pictures of 8 or 16 bits: {features[image]}"
        )
    return image, label


def _records(title: str, info: Any, part: Slice) -> Any:
    """The records of a slice, still serialized, at random access."""
    try:
        files = info.splits[part.text].file_instructions
    except Exception as error:
        raise no_slice(title, part.text, error, list(info.splits)) from error
    kind = info.file_format.value
    if kind == "tfrecord":
        return TfRecords(files)
    if kind != "array_record":
        raise UserError(f"{title} is prepared as {kind}: prepare it again with file_format='array_record'")
    from array_record.python.array_record_data_source import ArrayRecordDataSource  # noqa: PLC0415

    return ArrayRecordDataSource(files) if files else ()


def _labels(found: Sequence[_Picture], feature: Any) -> tuple[list[int], tuple[str, ...]]:
    values = [each.labelled() for each in found]
    if hasattr(feature, "names"):  # a class
        return [NO_LABEL if value is None else int(value) for value in values], tuple(feature.names or ())
    if any(getattr(value, "ndim", 0) or isinstance(value, float) for value in values):
        raise UserError(f"the field {found[0].label!r} holds no labels: choose another with ?label=FIELD")
    return numbered(values)
