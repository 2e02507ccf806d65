"""A run's whole configuration: its fields, the tables of names, its checks, and its JSON."""

from mezzotint.config.codec import VERSION, decode, differences, from_dict, from_json, to_json
from mezzotint.config.fields import Average, Config, Optimizer, Watch
from mezzotint.config.kinds import KINDS, UNASKED, encode, field_names, flatten, kind_of, option

__all__ = [
    "KINDS",
    "UNASKED",
    "VERSION",
    "Average",
    "Config",
    "Optimizer",
    "Watch",
    "decode",
    "differences",
    "encode",
    "field_names",
    "flatten",
    "from_dict",
    "from_json",
    "kind_of",
    "option",
    "to_json",
]
