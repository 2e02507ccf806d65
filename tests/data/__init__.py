"""The pictures that the tests of this room open: good ones, and every kind of bad one."""
