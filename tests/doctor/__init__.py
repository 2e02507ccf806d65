"""Each look at a planted fault, and at a run without one."""
