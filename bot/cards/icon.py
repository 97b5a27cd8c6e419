"""The bot's picture, drawn: a page under a magnifying glass, in colours or as a white outline; PNG, pure.

Teams wants both: 192 pixels in colours, and 32 pixels in white on nothing.
"""

import struct
import zlib
from collections.abc import Callable
from math import hypot

Colour = tuple[int, int, int]
# How far a point is from the edge of a shape, in parts of the picture's width; negative inside.
Shape = Callable[[float, float], float]

ACCENT = "#1f4e79"
_BLUE: Colour = (0x1F, 0x4E, 0x79)
_WHITE: Colour = (0xFF, 0xFF, 0xFF)
_AMBER: Colour = (0xF2, 0xA9, 0x00)


def coloured(size: int) -> bytes:
    """The picture in colours, `size` pixels wide and high."""
    lens = _ring(0.6, 0.58, 0.165, 0.028)
    layers: list[tuple[Shape, Colour]] = [
        (_box(0.5, 0.5, 0.5, 0.5, 0.18), _BLUE),
        (_box(0.44, 0.47, 0.22, 0.31, 0.04), _WHITE),
        *((_box(0.44, 0.29 + 0.1 * row, 0.14, 0.018, 0.018), _BLUE) for row in range(4)),
        (_disc(0.6, 0.58, 0.165), _WHITE),
        (lens, _AMBER),
        (_stroke(0.72, 0.7, 0.83, 0.81, 0.04), _AMBER),
    ]
    return _png(size, layers)


def outline(size: int) -> bytes:
    """The picture as a white outline on nothing, `size` pixels wide and high."""
    page = _cut(_frame(0.42, 0.46, 0.27, 0.38, 0.06, 0.035), _disc(0.64, 0.62, 0.25))
    return _png(size, [(page, _WHITE), (_ring(0.64, 0.62, 0.18, 0.035), _WHITE), (_stroke(0.78, 0.76, 0.93, 0.91, 0.045), _WHITE)])


def _box(x: float, y: float, half_width: float, half_height: float, corner: float) -> Shape:
    def far(at_x: float, at_y: float) -> float:
        beyond_x, beyond_y = abs(at_x - x) - half_width + corner, abs(at_y - y) - half_height + corner
        return hypot(max(beyond_x, 0.0), max(beyond_y, 0.0)) + min(max(beyond_x, beyond_y), 0.0) - corner

    return far


def _disc(x: float, y: float, radius: float) -> Shape:
    return lambda at_x, at_y: hypot(at_x - x, at_y - y) - radius


def _ring(x: float, y: float, radius: float, half_stroke: float) -> Shape:
    inner = _disc(x, y, radius)
    return lambda at_x, at_y: abs(inner(at_x, at_y)) - half_stroke


def _frame(x: float, y: float, half_width: float, half_height: float, corner: float, half_stroke: float) -> Shape:
    inner = _box(x, y, half_width, half_height, corner)
    return lambda at_x, at_y: abs(inner(at_x, at_y)) - half_stroke


def _cut(shape: Shape, hole: Shape) -> Shape:
    return lambda at_x, at_y: max(shape(at_x, at_y), -hole(at_x, at_y))


def _stroke(x: float, y: float, to_x: float, to_y: float, half_width: float) -> Shape:
    along_x, along_y = to_x - x, to_y - y
    length = along_x * along_x + along_y * along_y

    def far(at_x: float, at_y: float) -> float:
        part = min(1.0, max(0.0, ((at_x - x) * along_x + (at_y - y) * along_y) / length))
        return hypot(at_x - x - part * along_x, at_y - y - part * along_y) - half_width

    return far


def _png(size: int, layers: list[tuple[Shape, Colour]]) -> bytes:
    """The layers one over the other, edges smooth, around them nothing."""
    rows = b"".join(b"\0" + b"".join(_pixel(column, row, size, layers) for column in range(size)) for row in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def _pixel(column: int, row: int, size: int, layers: list[tuple[Shape, Colour]]) -> bytes:
    x, y = (column + 0.5) / size, (row + 0.5) / size
    shown, alpha = (0.0, 0.0, 0.0), 0.0
    for shape, colour in layers:
        cover = min(1.0, max(0.0, 0.5 - shape(x, y) * size))
        if cover > 0:
            after = cover + alpha * (1 - cover)
            red, green, blue = ((new * cover + old * alpha * (1 - cover)) / after for new, old in zip(colour, shown, strict=True))
            shown, alpha = (red, green, blue), after
    return bytes((*(round(one) for one in shown), round(alpha * 255)))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
