"""The one exception that is written for people.

The command line prints its message as a single line and exits with code 2. The message names the
culprit and the mend; everything else that is raised is a defect of ours and keeps its traceback.
"""


class UserError(Exception):
    """Something that the user can mend: the message says what is wrong, and what to do."""
