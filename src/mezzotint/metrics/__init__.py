"""How good pictures are: features of pictures, and distances between two sets of features."""
