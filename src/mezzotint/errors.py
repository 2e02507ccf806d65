"""The one exception that is written for people.

The command line prints its message as a single line and exits with code 2. The message names the
culprit and the mend; everything else that is raised is a defect of ours and keeps its traceback.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Something that the user can mend: the message says what is wrong, and what to do."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: '; did you mean X?', or all that is known."""
    known = list(known)
    close = get_close_matches(word.lower(), known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are: {', '.join(known)}"
