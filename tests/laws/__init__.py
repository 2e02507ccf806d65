"""Laws of the mathematics, run over every member of every kind."""
