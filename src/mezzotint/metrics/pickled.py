"""What a pickle says, without doing any of it.

A pickle is a program for a stack machine; unpickling imports the names in it and calls what they stand for,
so that a file can run anything. `pickletools` only takes the program apart, and `plain` lays out its values:
a name stays a `Name`, a call a `Call` that nobody makes. Nothing is imported, looked up or called, whatever
the file holds.

Only the opcodes of protocol 2 that a file of tensors needs are known; any other is refused.
"""

import pickletools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any


@dataclass(frozen=True)
class Name:
    """A module's name and a name in it, with a space between them."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call that the file asks for.

    Attributes:
        function: a `Name`, if the file is an honest one.
        arguments: a tuple of plain values.
    """

    function: Any
    arguments: Any


@dataclass(frozen=True)
class Persistent:
    """What stands outside of the pickle, by whatever its writer knows it by."""

    key: Any


ORDERED_DICT = Call(Name("collections OrderedDict"), ())
FRESH: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}


def plain(stream: BytesIO) -> Any:
    """The value that the pickle at a stream's position describes; the stream then stands behind it.

    The stream is in memory, so that it gives no more than there is, whatever length a pickle claims.

    Attributes that are set on objects are passed over; an empty `OrderedDict` is an empty dict.

    Raises:
        ValueError, IndexError, KeyError, TypeError, AttributeError: it is damaged, or says more than is
            understood here.
    """
    return _laid_out(pickletools.genops(stream))


def _laid_out(operations: Iterable[tuple[pickletools.OpcodeInfo, Any, int | None]]) -> Any:
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}

    def top(count: int) -> list[Any]:
        start = len(stack) - count
        values = stack[start:]
        del stack[start:]
        return values

    def put(values: list[Any]) -> None:
        for key, value in zip(values[::2], values[1::2], strict=True):
            if not isinstance(key, str | int):
                raise ValueError("a key is neither a text nor a number")
            stack[-1][key] = value

    for opcode, argument, _ in operations:
        match opcode.name:
            case "PROTO" | "STOP":
                pass
            case name if name in FRESH:
                stack.append(FRESH[name]())
            case "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINUNICODE":
                stack.append(argument)
            case "MARK":
                marks.append(len(stack))
            case "TUPLE":
                stack.append(tuple(top(len(stack) - marks.pop())))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                stack.append(tuple(top(int(opcode.name[-1]))))
            case "APPENDS":
                values = top(len(stack) - marks.pop())
                stack[-1].extend(values)
            case "SETITEM":
                put(top(2))
            case "SETITEMS":
                put(top(len(stack) - marks.pop()))
            case "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "GLOBAL":
                stack.append(Name(argument))
            case "BINPERSID":
                stack.append(Persistent(stack.pop()))
            case "REDUCE":
                call = Call(*top(2))
                stack.append({} if call == ORDERED_DICT else call)
            case "BUILD":
                stack.pop()
            case other:
                raise ValueError(f"its opcode {other} is not understood")
    (value,) = stack
    return value
