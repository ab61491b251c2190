"""Sound bytes to damaged ones, by a random number generator with a known seed."""

from __future__ import annotations

import json
import random
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

LARGE = 60_000  # bytes: a mutant grows no further
WORDS = (
    "", "0", "-1", "1e999", "NaN", "null", "true", "[]", "{}", '""', "999999999999999999999",
    "0.5", "nan", "unknown", "A|B", "Ünïcode", "\u202e", "\x00", "../..", "=1+1", "[x](http://e)",
    "9" * 400, "a" * 5000, "肺炎", ",", ";", "\t", "\n", "\r\n", '"', "\ufeff", "\ud800",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**70, 0.0, -0.5, 1e308, float("nan"), float("inf"), "",
    "x", "NaN", "\ud800", "\x00", "a" * 3000, [], {}, [[]], {"": None}, [None, 1, "x"],
)  # fmt: skip
TOKENS = re.compile(r"[,;:\s\"{}\[\]]+")


def damaged(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """A few small changes, each of any kind; ``others`` to take pieces from."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6, 20))):
        rng.choice(CHANGES)(found, others, rng)
        del found[LARGE + len(data) :]
    return bytes(found)


def damaged_text(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Words and lines of a text changed; now and then its bytes."""
    if rng.random() < 0.3:
        return damaged(data, others, rng)
    text = data.decode("utf-8", "replace")
    for _ in range(rng.choice((1, 1, 2, 5))):
        lines = text.split("\n")
        at = rng.randrange(len(lines))
        act = rng.randrange(5)
        if act == 0:
            lines[at : at + 1] = [lines[at]] * rng.choice((0, 2, 40))
        elif act == 1:
            lines[at] = rng.choice(lines)
        else:
            words = TOKENS.split(lines[at])
            old = rng.choice(words)
            if old:
                lines[at] = lines[at].replace(old, rng.choice(WORDS), 1)
        text = "\n".join(lines) or " "
    return text.encode("utf-8", "surrogatepass")


def damaged_json(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Still JSON, most of the time: a value exchanged, a key dropped, renamed or added."""
    if rng.random() < 0.3:
        return damaged_text(data, others, rng)
    document = json.loads(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        document = _changed(document, rng)
    return json.dumps(document).encode()


def png_checked(data: bytes) -> bytes:
    """The same PNG with right check sums, so that decoders look at what was damaged."""
    found, at = bytearray(data), 8
    while at + 12 <= len(found):
        (length,) = struct.unpack_from(">I", found, at)
        end = at + 8 + length
        if end + 4 > len(found):
            break
        struct.pack_into(">I", found, end, zlib.crc32(found[at + 4 : end]))
        at = end + 4
    return bytes(found)


def _changed(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        act = rng.random()
        if act < 0.1:
            return {name: one for name, one in value.items() if name != key}
        if act < 0.15:
            return {(f"{name}x" if name == key else name): one for name, one in value.items()}
        return {**value, key: _changed(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        act = rng.random()
        if act < 0.15:
            return value[:at] + value[at + 1 :]
        if act < 0.25:
            return value[:at] + [value[at]] * 3 + value[at:]
        return [*value[:at], _changed(value[at], rng), *value[at + 1 :]]
    if isinstance(value, (int, float)) and rng.random() < 0.4:
        return rng.choice((-value, value + 1, value * 1e9, str(value), [value]))
    return rng.choice(VALUES)


def _flip(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _byte(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    if data:
        data[_early(data, rng)] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))


def _number(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    form = rng.choice(("<H", ">H", "<I", ">I", "<q"))
    if len(data) > 8:
        value = rng.choice((0, 1, 0x7FFF, 0x7FFFFFFF, 255, 4096, 60_000, rng.randrange(2**15)))
        value = min(value, 0x7FFF) if form in ("<H", ">H") else value
        struct.pack_into(form, data, min(_early(data, rng), len(data) - 8), value)


def _cut(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _drop(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    del data[at : at + rng.choice((1, 2, 8, 200, len(data) // 3))]


def _repeat(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    piece = bytes(data[at : at + rng.choice((1, 4, 60, 3000))])
    data[at:at] = piece * rng.choice((1, 2, 30))


def _insert(data: bytearray, _: Sequence[bytes], rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.choice((1, 2, 7, 500)))


def _splice(data: bytearray, others: Sequence[bytes], rng: random.Random) -> None:
    other = rng.choice(others)
    at, size = rng.randrange(len(other) + 1), rng.choice((4, 40, 2000))
    here = rng.randrange(len(data) + 1)
    data[here : here + size] = other[at : at + size]


def _early(data: bytearray, rng: random.Random) -> int:
    """A place, more often near the beginning, where headers are."""
    return rng.randrange(min(len(data), rng.choice((64, 400, len(data)))) or 1)


CHANGES: tuple[Callable[[bytearray, Sequence[bytes], random.Random], None], ...] = (
    _flip, _flip, _byte, _byte, _number, _number, _cut, _drop, _repeat, _insert, _splice,
)  # fmt: skip
