"""Features of pictures and distances between them."""
