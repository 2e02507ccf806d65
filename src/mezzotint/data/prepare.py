"""`mezzotint data prepare`: any source -> a prepared set, decoded and brought to one shape once.

Shards are written one after the other, each decoded in parallel; a finished shard has its index beside it,
so that a run that was stopped goes on with the next one. `prepared.json` is written last.
"""

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mezzotint.data.decode import decode
from mezzotint.data.fit import Fit
from mezzotint.data.prepared import DESCRIPTION, INDEX, SHARDS, VERSION, record
from mezzotint.data.source import Content, Entry, Origin
from mezzotint.data.split import own_or_by_content
from mezzotint.data.survey import survey
from mezzotint.data.uri import SPLITS
from mezzotint.errors import UserError
from mezzotint.files import demand_free, write_whole

SHARD_BYTES = 64 * 2**20  # of decoded pixels
MAX_SHARD = 4096  # pictures
PLAN = "plan.json"
WRITER = "group_size:1,uncompressed"

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Summary:
    """What was prepared."""

    pictures: int
    unusable: int
    shards: int
    new_shards: int


def prepare(origin: Origin, fit: Fit, out: Path, progress: Progress = lambda count: None) -> Summary:
    """Write a prepared set, or go on with one that was begun.

    Args:
        origin: the pictures.
        fit: the shape to bring them to.
        out: the folder: new, empty, or one that was begun from the same pictures.
        progress: called after each shard with the number of its pictures.

    Raises:
        UserError: the folder holds something else, or no picture can be used.
        OSError: the disk does not take it; the same call goes on.
    """
    _claim(out, origin, fit)
    size = _shard_size(fit)
    starts = range(0, len(origin.entries), size)
    indices, new = [], 0
    for number, start in enumerate(starts):
        entries = origin.entries[start : start + size]
        path = out / SHARDS / f"{number:05d}.array_record"
        if not _beside(path).exists():
            _write_shard(path, entries, fit, origin.ordered)
            new += 1
        indices.append(json.loads(_beside(path).read_text()))
        progress(len(entries))
    return _finish(out, origin, fit, indices, new)


def _shard_size(fit: Fit) -> int:
    return max(16, min(MAX_SHARD, SHARD_BYTES // (fit.size[0] * fit.size[1] * 3)))


def _claim(out: Path, origin: Origin, fit: Fit) -> None:
    """Makes the folder, with a plan that says what is being prepared."""
    plan = json.dumps({"version": VERSION, "origin": _fingerprint(origin), "fit": asdict(fit)})
    if (out / PLAN).exists():
        if (out / PLAN).read_text() != plan:
            raise UserError(f"--out {out} was begun with other pictures or another shape: give a new folder")
    else:
        demand_free(out)
    write_whole(out / PLAN, plan)


def _fingerprint(origin: Origin) -> str:
    """A digest of the origin's pictures by name, label and split."""
    digest = hashlib.sha256(origin.name.encode())
    for entry in origin.entries:
        digest.update(f"\n{entry.name}\t{entry.label}\t{entry.split}".encode())
    return digest.hexdigest()


def _beside(path: Path) -> Path:
    return path.with_suffix(".json")


def _write_shard(path: Path, entries: Sequence[Entry], fit: Fit, ordered: bool) -> None:
    """The usable pictures of some entries, then their index, which marks the shard as whole."""
    from array_record.python.array_record_module import ArrayRecordWriter  # noqa: PLC0415  not on Windows

    pictures: dict[int, np.ndarray] = {}

    def keep(row: int, content: Content) -> int:
        pictures[row] = decode(content, fit)
        return pictures[row].shape[-1]

    usable, unusable = survey(entries, keep, ordered)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = ArrayRecordWriter(str(path), WRITER)
    for found in usable:
        writer.write(record(pictures[found.row]))
    writer.close()
    index = {
        "labels": [entries[found.row].label for found in usable],
        "splits": [entries[found.row].split for found in usable],
        "channels": [found.channels for found in usable],
        "digests": [found.digest.hex() for found in usable],
        "unusable": [[each.path, each.reason] for each in unusable],
    }
    write_whole(_beside(path), json.dumps(index))


def _finish(out: Path, origin: Origin, fit: Fit, indices: list[dict[str, Any]], new: int) -> Summary:
    """The whole set's index and its description."""
    whole = (
        {name: [each for index in indices for each in index[name]] for name in indices[0]} if indices else {}
    )
    unusable = [[each.path, each.reason] for each in origin.unusable] + whole.get("unusable", [])
    if not whole.get("labels"):
        raise UserError(f"{origin.name} has no usable picture: {len(unusable)} files were left out")
    splits = own_or_by_content([bytes.fromhex(digest) for digest in whole["digests"]], whole["splits"])
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        labels=np.array(whole["labels"], np.int32),
        splits=np.array([SPLITS.index(split) for split in splits], np.uint8),
        channels=np.array(whole["channels"], np.uint8),
    )
    write_whole(out / INDEX, stream.getvalue())
    description = {
        "version": VERSION,
        "source": origin.name,
        "fit": asdict(fit),
        "pictures": len(splits),
        "label_names": origin.label_names,
        "unusable": unusable,
    }
    write_whole(out / DESCRIPTION, json.dumps(description, indent=1))
    return Summary(len(splits), len(unusable), len(indices), new)
