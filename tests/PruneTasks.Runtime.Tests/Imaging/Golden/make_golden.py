"""Writes resize.txt: what the published definition of an antialiasing resize gives for an image made by a formula.

The definition is that of Pillow's Image.resize for 8-bit images: kernels and their reach, the window of source pixels of a
destination pixel, weights normalised and rounded to 22 bits of fraction, along x first, each pass rounded and clamped to 8 bits.
This program shares no code with PruneTasks: plain Python, one pixel after the other. Run: python3 make_golden.py
"""
import math
import os

BITS = 32 - 8 - 2


def sinc(x):
    return 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)


def keys(x):
    x, a = abs(x), -0.5
    if x < 1:
        return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1
    return a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a if x < 2 else 0.0


KERNELS = {
    "Box": (0.5, lambda x: 1.0 if -0.5 < x <= 0.5 else 0.0),
    "Bilinear": (1.0, lambda x: max(0.0, 1.0 - abs(x))),
    "Hamming": (1.0, lambda x: sinc(x) * (0.54 + 0.46 * math.cos(math.pi * x)) if abs(x) < 1 else 0.0),
    "Bicubic": (2.0, keys),
    "Lanczos": (3.0, lambda x: sinc(x) * sinc(x / 3) if -3 <= x < 3 else 0.0),
}

# From and to: reducing, enlarging, both, one side alone, thin, large factors, one pixel.
SIZES = [((17, 13), (8, 7)), ((9, 7), (16, 15)), ((31, 6), (5, 12)), ((12, 20), (12, 9)), ((40, 3), (7, 3)), ((96, 64), (5, 4)), ((2, 2), (11, 9)), ((1, 1), (3, 4))]


def pixel(x, y):
    """Smooth parts, edges and full contrast: overshoot must clamp."""
    return (x * x * 7 + y * 13 + x * y * 3) % 256 if (x // 3 + y // 4) % 3 else (255 if (x + y) % 5 < 2 else 0)


def resize_line(line, to, reach, kernel):
    scale = len(line) / to
    stretch = max(scale, 1.0)
    result = []
    for i in range(to):
        centre = (i + 0.5) * scale
        first = max(0, int(centre - reach * stretch + 0.5))
        end = min(len(line), int(centre + reach * stretch + 0.5))
        weights = [kernel((j - centre + 0.5) / stretch) for j in range(first, end)]
        total = sum(weights)
        fixed = [int(w / total * (1 << BITS) + (0.5 if w >= 0 else -0.5)) for w in weights]
        value = (1 << (BITS - 1)) + sum(w * line[first + k] for k, w in enumerate(fixed))
        result.append(min(255, max(0, value >> BITS)))
    return result


def resize(rows, width, height, name):
    reach, kernel = KERNELS[name]
    if len(rows[0]) != width:
        rows = [resize_line(row, width, reach, kernel) for row in rows]
    if len(rows) != height:
        columns = [resize_line(list(column), height, reach, kernel) for column in zip(*rows)]
        rows = [list(row) for row in zip(*columns)]
    return rows


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "resize.txt"), "w", newline="\n") as out:
    for (width, height), (to_width, to_height) in SIZES:
        image = [[pixel(x, y) for x in range(width)] for y in range(height)]
        for name in KERNELS:
            out.write(f"{name} {width}x{height} {to_width}x{to_height} {bytes(sum(resize(image, to_width, to_height, name), [])).hex()}\n")
