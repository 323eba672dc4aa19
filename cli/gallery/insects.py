"""Insects: butterflies, ladybirds."""

import numpy as np

from cli.gallery.drawing import HEIGHT, WIDTH, Colour, Gradient, Pen, Random, faded, hsv, mix, pick, smooth
from cli.gallery.scenery import BLACK, WHITE, backdrop, blurred_lights


def butterfly(pen: Pen, random: Random) -> None:
    """Paint a butterfly with spread wings before a blurred meadow."""
    hue = pick(random, 0.3, 0.25, 0.4, 0.52, 0.9)
    backdrop(pen, hsv(hue, 0.3, 0.9), hsv(hue + 0.04, 0.45, 0.55))
    blurred_lights(pen, random, hue, 35)
    for _ in range(random.integers(3, 11)):
        x, tip = random.uniform(0, WIDTH), random.uniform(110, 260)
        stem = [(x, 310), (x + random.normal(0, 9), (tip + 310) / 2), (x + random.normal(0, 25), tip)]
        pen.line(smooth(stem), 2.5, hsv(0.3, 0.55, 0.5))
    wing = hsv(random.uniform(0, 1), random.uniform(0.65, 0.95), random.uniform(0.8, 1))
    spot = pick(random, hsv(0.12, 0.1, 1), hsv(random.uniform(0, 1), 0.7, 1))
    form = tuple(random.uniform(0.85, 1.15, 4))
    for number in range(pick(random, 1, 1, 1, 2)):
        scale = random.uniform(1.0, 1.45) if number == 0 else random.uniform(0.4, 0.6)
        x, y = (random.uniform(160, 240), random.uniform(125, 170)) if number == 0 else (random.uniform(40, 360), 50)
        here = pen.at(x, y, scale, random.uniform(-40, 40))
        narrow = random.uniform(0.65, 1)
        for mirrored in (False, True):
            _wings(here.at(0, 0, mirrored=mirrored), wing, spot, form, narrow)
        dark = hsv(0.07, 0.4, 0.13)
        here.blob([(0, -30), (5, -18), (4, 10), (0, 44), (-4, 10), (-5, -18)], dark)
        here.ellipse(0, -31, 5, 5, dark)
        for side in (-1, 1):
            here.line(smooth([(side * 2, -34), (side * 10, -52), (side * 22, -64)]), 1.4, dark)
            here.ellipse(side * 22, -65, 2.4, 2.4, dark)


def _wings(pen: Pen, wing: Colour, spot: Colour, form: tuple[float, ...], narrow: float) -> None:
    rim = mix(wing, BLACK, 0.85)
    fore = np.array([(2, -12), (30, -62 * form[0]), (78 * form[1], -70), (88 * form[1], -50), (66, -12), (34, 2)]) * (
        narrow,
        1,
    )
    hind = np.array([(2, 0), (40, 0), (66 * form[2], 22), (58, 56 * form[3]), (34, 62 * form[3]), (10, 34)]) * (
        narrow,
        1,
    )
    for edge in (hind, fore):
        middle = edge.mean(axis=0)
        pen.blob(edge, rim)
        pen.blob(middle + (edge - middle) * 0.82, Gradient(mix(wing, WHITE, 0.2), wing))
        for tip in edge[1:]:
            pen.line([tuple(edge[0]), tuple(edge[0] + (tip - edge[0]) * 0.9)], 1.3, faded(rim, 0.75))
            x, y = edge[0] + (tip - edge[0]) * 0.94
            pen.ellipse(x, y, 3 * narrow, 3, spot)
        pen.ellipse(middle[0], middle[1], 8 * narrow, 8, rim)
        pen.ellipse(middle[0], middle[1], 4.5 * narrow, 4.5, spot)


def ladybird(pen: Pen, random: Random) -> None:
    """Paint ladybirds on a large leaf, seen from above."""
    green = hsv(random.uniform(0.22, 0.38), random.uniform(0.55, 0.8), random.uniform(0.45, 0.7))
    backdrop(pen, mix(green, BLACK, 0.5), mix(green, BLACK, 0.65))
    blurred_lights(pen, random, 0.3, 12)
    leaf = pen.at(200, 150, angle=random.uniform(-35, 35), mirrored=bool(random.integers(2)))
    leaf.blob(
        [(-260, 0), (-120, -120), (80, -130), (270, 0), (80, 130), (-120, 120)], Gradient(mix(green, WHITE, 0.2), green)
    )
    vein = mix(green, WHITE, 0.35)
    leaf.line([(-270, 0), (280, 0)], 4, vein)
    for x in range(-220, 220, 36):
        for side in (-1, 1):
            leaf.line(smooth([(x, 0), (x + 40, side * 45), (x + 95, side * 110)]), 1.8, vein)
    for _ in range(random.integers(0, 18)):
        drop, size = pen.at(random.uniform(0, WIDTH), random.uniform(0, HEIGHT)), random.uniform(2, 8)
        drop.ellipse(0, 0, size, size, hsv(0.3, 0.1, 1, 0.3))
        drop.ellipse(-size / 3, -size / 3, size / 3, size / 3, hsv(0, 0, 1, 0.85))
    count = int(random.integers(1, 4))
    for number in range(count):
        place = 200 + (number - (count - 1) / 2) * 125 + random.normal(0, 16)
        scale = random.uniform(0.85, 1.1) * (1.5 if count == 1 else 0.85)
        _beetle(pen.at(place, random.uniform(100, 200), scale, random.uniform(0, 360)), random)


def _beetle(pen: Pen, random: Random) -> None:
    red = hsv(random.uniform(-0.02, 0.06), 0.9, random.uniform(0.8, 0.98))
    pen.glow(0, 8, 62, 66, hsv(0, 0, 0, 0.55))
    for side in (-1, 1):
        for y in (-20, 4, 28):
            pen.line([(side * 30, y), (side * 52, y + (y - 4) * 0.35), (side * 60, y + (y - 4) * 0.7)], 4, BLACK)
        pen.line(smooth([(side * 6, -54), (side * 14, -68), (side * 26, -72)]), 2.2, BLACK)
    pen.ellipse(0, -46, 16, 13, BLACK)
    pen.ellipse(0, -34, 28, 17, hsv(0, 0, 0.1))
    for side in (-1, 1):
        pen.ellipse(side * 14, -38, 6, 5, WHITE)
    pen.ellipse(0, 8, 43, 46, Gradient(mix(red, WHITE, 0.12), mix(red, BLACK, 0.25)))
    pen.line([(0, -36), (0, 53)], 2.6, BLACK)
    for x, y in pick(
        random,
        [(20, -16), (26, 14), (14, 36)],
        [(16, -10), (22, 24)],
        [(14, -20), (31, -4), (15, 10), (28, 28), (10, 40)],
    ):
        radius = random.uniform(6, 9)
        for side in (-1, 1):
            pen.ellipse(side * x, y, radius, radius, BLACK)
    pen.glow(-16, -8, 16, 20, hsv(0, 0, 1, 0.6))
