"""A file of weights that its authors give out: the user's own copy, or one that is downloaded once."""

import hashlib
import os
from dataclasses import dataclass
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from platformdirs import user_cache_path

from mezzotint.errors import UserError
from mezzotint.files import write_whole
from mezzotint.progress import progress

PATIENCE = 30  # seconds without an answer
MEGABYTE = 10**6


@dataclass(frozen=True)
class Published:
    """What is known of the file.

    Attributes:
        extractor: whose weights they are.
        url: where it is, with its name at the end.
        size: bytes.
        checksum: of its bytes, hexadecimal.
        variable: of the environment, in which the user names a file of their own.
        algorithm: of the checksum.
    """

    extractor: str
    url: str
    size: int
    checksum: str
    variable: str
    algorithm: str = "SHA-256"

    @property
    def name(self) -> str:
        """The file's."""
        return self.url.rpartition("/")[2]

    @property
    def cached(self) -> Path:
        """Where the downloaded file is kept."""
        return user_cache_path("mezzotint") / "weights" / self.name

    def located(self) -> Path:
        """The file that the environment names, or the one in the cache, downloaded if need be."""
        if named := os.environ.get(self.variable):
            return Path(named).expanduser()
        if not self.cached.exists():
            self.download()
        return self.cached

    def marks(self, file: Path, verify: bool) -> dict[str, str]:
        """What numbers made with a file are marked with: nothing if it is the published one.

        Args:
            file: the file.
            verify: refuse another one than the published. Otherwise its numbers have another name.

        Raises:
            UserError: the file cannot be read, or is another one.
        """
        found = self._digest(self._content(file))
        if found == self.checksum:
            return {}
        if verify:
            raise UserError(
                f"{file} is another file, or damaged: {self._unlike(found)}: replace it by {self.url}"
            )
        return {"name": f"{self.extractor}-unverified", "version": f"1-{found[:8]}"}

    def download(self) -> None:
        """Fetches the file; it is in its place only when its checksum is right.

        Raises:
            UserError: there is no network, another file comes, or the disk does not take it.
        """
        content = self._fetched()
        found = self._digest(content)
        if found != self.checksum:
            raise UserError(f"what came from {self.url} is damaged: {self._unlike(found)}: try again")
        try:
            write_whole(self.cached, content)
        except OSError as error:
            raise UserError(
                f"{self.cached} cannot be written ({error.strerror}): {self.elsewhere()}"
            ) from None

    def elsewhere(self) -> str:
        """The end of a message: how to have the file in another place."""
        return f"fetch {self.url}, and name it in {self.variable}"

    def _fetched(self) -> bytes:
        """What comes, and never much more than the size."""
        megabytes = self.size // MEGABYTE + 1
        content, label = bytearray(), f"downloading {self.name}, MB"
        try:
            with urlopen(self.url, timeout=PATIENCE) as answer, progress(label, megabytes) as seen:
                for part in islice(iter(lambda: answer.read(MEGABYTE), b""), megabytes):
                    content += part
                    seen()
        except (OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise UserError(
                f"{self.extractor} needs {self.url}, which cannot be downloaded ({reason}): put it in "
                f"{self.cached.parent}, or name it in {self.variable}; efficientnet-lite0 works without a "
                "network"
            ) from None
        return bytes(content)

    def _content(self, file: Path) -> bytes:
        try:
            return file.read_bytes()
        except OSError as error:
            raise UserError(f"{file} cannot be read ({error.strerror}): {self.elsewhere()}") from None

    def _digest(self, content: bytes) -> str:
        return hashlib.new(self.algorithm.replace("-", ""), content).hexdigest()

    def _unlike(self, found: str) -> str:
        return f"its {self.algorithm} is {found}, not {self.checksum}"
