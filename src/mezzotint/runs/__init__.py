"""What a run keeps on disk: written by training, read by everything else."""
