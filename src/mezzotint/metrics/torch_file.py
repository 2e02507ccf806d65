"""The tensors of a file that PyTorch saved, read without PyTorch and without unpickling.

`torch.save` writes a pickle in which a tensor is a call, `_rebuild_tensor_v2(storage, offset, size, stride,
...)`, and a storage is named, not contained; the storages' bytes follow. Since version 1.6 all of it is a
zip file, before it was a row of pickles and lengths; both are read. The pickle is only looked at
(`pickled.py`): calls of that one name become views of the bytes, within bounds that NumPy checks, and
anything else is refused.
"""

import zipfile
import zlib
from io import SEEK_CUR, BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mezzotint.errors import UserError
from mezzotint.metrics.pickled import Call, Name, Persistent, plain

TENSOR = "torch._utils _rebuild_tensor_v2"
TYPES = {
    f"torch {name}Storage": np.dtype(code)
    for name, code in {"Double": "<f8", "Float": "<f4", "Half": "<f2", "Long": "<i8", "Int": "<i4"}.items()
}
MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of a file in the older form
LENGTH = 8  # bytes before each storage there
NOT_SUCH_A_FILE = (
    *(ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError),  # of a pickle, a tensor
    *(zipfile.BadZipFile, RuntimeError, EOFError, zlib.error),  # of a zip file
)


class Tensor(NamedTuple):
    """Where a tensor lies.

    Attributes:
        key: of its storage.
        type: of its numbers.
        held: how many numbers the storage has.
        offset: of its first number in the storage.
        size: along each axis.
        stride: between neighbours along each axis, in numbers.
    """

    key: str
    type: np.dtype
    held: int
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


Tensors = dict[str, Tensor]
Storages = dict[str, bytes]


def read(path: Path) -> dict[str, np.ndarray]:
    """A state dict: name -> array, read-only.

    Raises:
        UserError: the file is damaged, or holds something besides named tensors.
        OSError: it cannot be read.
    """
    file = BytesIO(path.read_bytes())
    try:
        tensors, storages = _zipped(file) if zipfile.is_zipfile(file) else _in_a_row(file)
        return {name: _view(tensor, storages[tensor.key]) for name, tensor in tensors.items()}
    except NOT_SUCH_A_FILE as error:
        raise UserError(f"{path} is not a file of named PyTorch tensors, or damaged: {error}") from None


def _in_a_row(file: BytesIO) -> tuple[Tensors, Storages]:
    """Pickles of a magic number, a version, the writer's machine, the tensors and the keys; then bytes."""
    file.seek(0)
    if plain(file) != MAGIC:
        raise ValueError("it begins with another magic number")
    _version, machine, state, keys = (plain(file) for _ in range(4))
    if not machine["little_endian"]:
        raise ValueError("it was written by a big-endian machine")
    tensors, storages = _tensors(state), {}
    lengths = {tensor.key: tensor.held * tensor.type.itemsize for tensor in tensors.values()}
    for key in keys:
        file.seek(LENGTH, SEEK_CUR)
        storages[key] = file.read(lengths[key])
    return tensors, storages


def _zipped(file: BytesIO) -> tuple[Tensors, Storages]:
    """A pickle of the tensors, `NAME/data.pkl`, and a member `NAME/data/KEY` for each storage."""
    with zipfile.ZipFile(file) as archive:
        (pickle,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        tensors, folder = _tensors(plain(BytesIO(archive.read(pickle)))), pickle.removesuffix(".pkl")
        keys = {tensor.key for tensor in tensors.values()}
        return tensors, {key: archive.read(f"{folder}/{key}") for key in keys}


def _tensors(state: dict[str, Any]) -> Tensors:
    return {name: _tensor(value) for name, value in state.items()}


def _tensor(value: Any) -> Tensor:
    match value:
        case Call(
            Name(function),
            (
                Persistent(("storage", Name(kind), str(key), _, int(count), *_)),
                int(offset),
                tuple(size),
                tuple(stride),
                *_,
            ),
        ) if function == TENSOR:
            return Tensor(key, TYPES[kind], count, offset, size, stride)
        case Call(Name(function), _):
            raise ValueError(f"it asks for a call of {function[:80]!r}, which is no tensor")
        case _:
            raise ValueError("it holds something besides tensors")


def _view(tensor: Tensor, storage: bytes) -> np.ndarray:
    """The tensor in its storage; NumPy checks that it does not reach beyond."""
    step = tensor.type.itemsize
    if len(storage) != tensor.held * step:
        raise ValueError("it ends too early, or a storage is longer than its tensors say")
    strides = tuple(step * each for each in tensor.stride)
    return np.ndarray(tensor.size, tensor.type, storage, tensor.offset * step, strides)
