"""The tensors of a file that PyTorch saved, read without PyTorch and without unpickling.

`torch.save` writes a pickle in which a tensor is a call, `_rebuild_tensor_v2(storage, offset, size, stride,
...)`, and a storage is named, not contained; the storages' bytes follow. Since version 1.6 all of it is a
zip file, before it was a row of pickles and lengths; both are read. The pickle is only looked at
(`pickled.py`): calls of that one name become views of the bytes, within bounds that NumPy checks, and
anything else is refused.
"""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np

from mezzotint.errors import UserError
from mezzotint.metrics.pickled import Call, Name, Persistent, plain

TENSOR = Name("torch._utils _rebuild_tensor_v2")
TYPES = {
    Name(f"torch {name}Storage"): np.dtype(code)
    for name, code in {"Double": "<f8", "Float": "<f4", "Half": "<f2", "Long": "<i8", "Int": "<i4"}.items()
}
MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of a file in the older form
LENGTH = 8  # bytes before each storage there
NOT_SUCH_A_FILE = (ValueError, IndexError, KeyError, TypeError, AttributeError, zipfile.BadZipFile)

Storages = Mapping[str, np.ndarray]


def read(path: Path) -> dict[str, np.ndarray]:
    """A state dict: name -> array, read-only.

    Raises:
        UserError: the file is damaged, or holds something besides named tensors.
        OSError: it cannot be read.
    """
    file = BytesIO(path.read_bytes())
    try:
        state, storages = _zipped(file) if zipfile.is_zipfile(file) else _in_a_row(file)
        return {name: _tensor(call, storages) for name, call in state.items()}
    except NOT_SUCH_A_FILE as error:
        raise UserError(f"{path} is not a file of named PyTorch tensors, or damaged: {error}") from None


def _in_a_row(file: BytesIO) -> tuple[dict[str, Call], Storages]:
    """Pickles of a magic number, a version, the writer's types, the tensors, the storages' keys; bytes."""
    file.seek(0)
    if plain(file) != MAGIC:
        raise ValueError("it begins with another magic number")
    _version, machine, state, keys = (plain(file) for _ in range(4))
    if not machine["little_endian"]:
        raise ValueError("it was written by a big-endian machine")
    named, storages = _named(state), {}
    for key in keys:
        kind, count = named[key]
        if int.from_bytes(file.read(LENGTH), "little") != count:
            raise ValueError(f"the storage {key} has another length than its tensors say")
        storages[key] = _values(file.read(count * kind.itemsize), kind, count)
    return state, storages


def _zipped(file: BytesIO) -> tuple[dict[str, Call], Storages]:
    """A pickle of the tensors, `NAME/data.pkl`, and a member `NAME/data/KEY` for each storage."""
    with zipfile.ZipFile(file) as archive:
        (pickle,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        state = plain(BytesIO(archive.read(pickle)))
        folder, storages = pickle.removesuffix(".pkl"), {}
        for key, (kind, count) in _named(state).items():
            member = archive.getinfo(f"{folder}/{key}")
            if member.file_size != count * kind.itemsize:
                raise ValueError(f"the storage {key} has another length than its tensors say")
            storages[key] = _values(archive.read(member), kind, count)
    return state, storages


def _named(state: dict[str, Call]) -> dict[str, tuple[np.dtype, int]]:
    """The type and length of each storage that a tensor lies in."""
    return {key: (kind, count) for key, kind, count in map(_storage, state.values())}


def _storage(tensor: Call) -> tuple[str, np.dtype, int]:
    """Key, type and length of a tensor's storage."""
    if not isinstance(tensor, Call) or tensor.function != TENSOR:
        raise ValueError(f"a tensor is expected, not {tensor}")
    persistent: Persistent = tensor.arguments[0]
    _, kind, key, _device, count, *_ = persistent.key
    return key, TYPES[kind], count


def _values(content: bytes, kind: np.dtype, count: int) -> np.ndarray:
    if len(content) != count * kind.itemsize:
        raise ValueError("it ends too early")
    return np.frombuffer(content, kind)


def _tensor(tensor: Call, storages: Storages) -> np.ndarray:
    key, kind, _ = _storage(tensor)
    _, offset, size, stride, *_ = tensor.arguments
    values, step = storages[key], kind.itemsize
    steps = tuple(step * each for each in stride)
    return np.ndarray(size, kind, values, offset * step, steps)
