"""Pictures that are too many for memory: each access decodes one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mezzotint.data.decode import check, decode
from mezzotint.data.fit import Fit
from mezzotint.data.source import Entry, Undecodable, Unusable
from mezzotint.data.survey import Usable, survey
from mezzotint.errors import UserError


@dataclass(frozen=True)
class OnDisk:
    """The pictures of some entries, in one shape, whose channels are known."""

    entries: Sequence[Entry]
    fit: Fit

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.entries)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """`image` and `label`.

        Raises:
            UserError: the file went bad, or was worse than its header showed.
        """
        entry = self.entries[index]
        try:
            image = decode(entry.read(), self.fit)
        except Undecodable as reason:
            raise UserError(
                f"{entry.name} cannot be used: {reason}. Mend or remove it, and start again."
            ) from reason
        return {"image": image, "label": entry.label}


def inspect(entries: Sequence[Entry]) -> tuple[list[Usable], list[Unusable]]:
    """Find the unusable pictures, as far as that can be seen without decoding."""
    return survey(entries, lambda _, content: check(content))
