"""How good samples are, against a source's two splits: samples on disk, cached features, numbers, a report."""
