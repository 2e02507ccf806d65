"""What enforces the shapes that the package's annotations promise, in the tests alone."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int will do for a float
