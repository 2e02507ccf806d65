"""How good samples are, against a source's two splits: pictures on disk, features, numbers, a report."""
