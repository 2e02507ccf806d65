"""Pictures, from where they lie to batches: uint8 (H, W, C), all of one size."""
