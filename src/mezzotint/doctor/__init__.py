"""What is wrong with a run, and what to do: one finding a function, each a pure function of a record."""
