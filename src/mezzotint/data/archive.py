"""Pictures in zip and tar archives, read where they lie: nothing is ever unpacked to disk.

One archive, or several: a folder of them, a glob, or WebDataset's shards (`shards.py`). A zip and a plain
tar are read in any order; a compressed tar (gzip, bzip2, xz) only from its beginning, so it is inflated once
to list its members and once more to decode them, and its pictures must fit in memory.

Labels come from WebDataset's `.cls` files beside the pictures, or as the options say. Of members of one name
the last counts, as when an archive is unpacked. Hidden members are passed over. Archives within archives are
not opened. What must not be read, such as links and names that lead outside, is listed, and so is the
place where an archive is cut short; what lies before it is used.
"""

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mezzotint.data.inflate import BY_BEGINNING, Inflated
from mezzotint.data.labelling import Value, folders, numbered, sample, split_off, value_of
from mezzotint.data.member import LABEL_FILES, MAX_LABEL_BYTES, Member, is_hidden, read_at
from mezzotint.data.shards import shards
from mezzotint.data.source import Entry, Origin, Undecodable, Unusable, printable
from mezzotint.data.tar_headers import BLOCK, is_tar
from mezzotint.data.tarred import tar_members
from mezzotint.data.uri import Uri
from mezzotint.data.zipped import SIGNATURE, zip_members
from mezzotint.errors import UserError

OPTIONS = {
    "labels": "folders: the first folder within the archive is the class; none: no labels",
    "label": "the key of the .json files beside the pictures that holds the class",
    "splits": "folders: the first folder is train, validation (or val) or test",
}
CHOICES = {"labels": ("folders", "none"), "splits": ("folders",)}


@dataclass
class _Listing:
    """What some archives hold: pictures and label files by (archive, name), and what is left out."""

    members: dict[tuple[str, str], Member] = field(default_factory=dict)
    unusable: list[Unusable] = field(default_factory=list)
    ordered: bool = False

    def add(self, path: Path, ordered: bool, members: Iterator[Member]) -> None:
        self.ordered |= ordered
        for member in members:
            name = _shown(path, member.name)
            if member.refused:
                self.unusable.append(Unusable(name, member.refused))
            elif not is_hidden(member.name):
                place = (str(path), member.name.removeprefix("./"))
                if self.members.pop(place, None):
                    self.unusable.append(Unusable(name, "a later member has the same name"))
                self.members[place] = member


def open_archive(uri: Uri) -> Origin:
    """The pictures in one archive or several.

    Raises:
        UserError: there is no such archive, nothing in it can be read, or an option makes no sense.
    """
    _demand_choices(uri)
    listing = _listed(uri)
    labelled = {(archive, sample(name)) for archive, name in listing.members if not _is_label(name)}
    pictures = {
        place: member
        for place, member in listing.members.items()
        if not (_is_label(place[1]) and (place[0], sample(place[1])) in labelled)
    }
    splits, below = _splits(uri, [name for _, name in pictures])
    values = _values(uri, listing, list(pictures), below)
    labels, label_names = numbered(values)
    entries = tuple(
        Entry(_shown(Path(archive), name), member.read, label, split)
        for ((archive, name), member), label, split in zip(pictures.items(), labels, splits, strict=True)
    )
    unusable = tuple(listing.unusable)
    name = f"archive:{uri.path}"
    return Origin(name, entries, unusable=unusable, label_names=label_names, ordered=listing.ordered)


def _demand_choices(uri: Uri) -> None:
    for option, choices in CHOICES.items():
        if uri.options.get(option, choices[0]) not in choices:
            raise UserError(
                f"{uri.text!r}: {option} can be {' or '.join(choices)}, not {uri.options[option]!r}"
            )
    if "label" in uri.options and "labels" in uri.options:
        raise UserError(f"{uri.text!r} has both label and labels: choose one")


def _listed(uri: Uri) -> _Listing:
    listing = _Listing()
    for path in shards(uri.path):
        try:
            listing.add(path, *_members(path))
        except (UserError, Undecodable) as reason:
            listing.unusable.append(Unusable(printable(str(path)), str(reason)))
    if not listing.members and listing.unusable:
        first = listing.unusable[0]
        raise UserError(f"{uri.path!r} has nothing that can be read: {first.path}: {first.reason}")
    return listing


def _members(path: Path) -> tuple[bool, Iterator[Member]]:
    """Whether the members must be read in order, and the members.

    Raises:
        Undecodable: the file is no archive that can be read.
    """
    if not path.exists() or not stat.S_ISREG(path.stat().st_mode):
        raise Undecodable("it is not a regular file")
    start = read_at(path, 0, BLOCK)
    if start.startswith(SIGNATURE):
        return False, zip_members(path)
    for beginning, inflate in BY_BEGINNING.items():
        if start.startswith(beginning):
            if not is_tar(Inflated(path, inflate)(0, BLOCK)):
                raise Undecodable("it is compressed, but holds no tar archive")
            return True, tar_members(Inflated(path, inflate))
    if is_tar(start):
        return False, tar_members(lambda offset, size: read_at(path, offset, size))
    if zipfile.is_zipfile(path):
        return False, zip_members(path)
    raise Undecodable("it is not a zip archive, nor a tar archive (plain, gzip, bzip2 or xz)")


def _shown(path: Path, name: str) -> str:
    """A member as messages call it; the archive alone where there is no name."""
    return printable(f"{path.name}/{name}" if name else path.name)


def _is_label(name: str) -> bool:
    return name.endswith(LABEL_FILES)


def _splits(uri: Uri, names: list[str]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Each picture's own split, and the folders below that."""
    within = folders(names)
    if "splits" not in uri.options:
        return [""] * len(names), within
    pairs = [split_off(each) for each in within]
    if names and not any(split for split, _ in pairs):
        raise UserError(f"{uri.path!r} has no folder train, validation or test: leave out splits=folders")
    return [split for split, _ in pairs], [rest for _, rest in pairs]


def _values(
    uri: Uri, listing: _Listing, places: list[tuple[str, str]], below: list[tuple[str, ...]]
) -> list[Value]:
    """What each picture's label is called, None where it has none."""
    if uri.options.get("labels") == "folders":
        return [each[0] if each else None for each in below]
    if uri.options.get("labels") == "none":
        return [None] * len(places)
    key = uri.options.get("label")
    suffix = ".cls" if key is None else ".json"
    values = [
        None if _is_label(name) else _value(listing, (archive, sample(name) + suffix), key)
        for archive, name in places
    ]
    if key is not None and all(value is None for value in values):
        raise UserError(f"{uri.path!r} has no picture with a .json file beside it that has a {key!r}")
    return values


def _value(listing: _Listing, place: tuple[str, str], key: str | None) -> Value:
    if place not in listing.members:
        return None
    try:
        content = listing.members[place].read()
        if len(content) > MAX_LABEL_BYTES:
            raise ValueError("the label file is larger than 64 KiB")
        return value_of(content, key)
    except (ValueError, Undecodable) as reason:
        listing.unusable.append(Unusable(_shown(Path(place[0]), place[1]), str(reason)))
        return None
