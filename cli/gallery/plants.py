"""Plants: daisies, cactus, toadstools."""

import numpy as np

from cli.gallery.drawing import HEIGHT, WIDTH, Colour, Gradient, Pen, Point, Random, arc, faded, hsv, mix, pick, ridge
from cli.gallery.scenery import BLACK, WHITE, backdrop, blurred_lights, day_sky, meadow


def flower(pen: Pen, random: Random) -> None:
    """Paint daisies of some colour from near by, before a blurred garden."""
    hue = pick(random, 0.3, 0.25, 0.4, 0.55)
    backdrop(pen, hsv(hue, 0.45, random.uniform(0.45, 0.75)), hsv(hue + 0.03, 0.6, 0.3))
    blurred_lights(pen, random, hue)
    petal = pick(random, hsv(0.1, 0.02, 1), hsv(random.uniform(0.75, 1.16), random.uniform(0.4, 0.85), 1))
    heart = hsv(random.uniform(0.06, 0.15), random.uniform(0.75, 1), random.uniform(0.45, 1))
    count = int(random.integers(1, 6))
    size = 92 / count**0.42
    for number in range(count):
        x = 200 + (number - (count - 1) / 2) * 330 / count + random.normal(0, 14)
        y, radius = random.uniform(85, 175), size * random.uniform(0.8, 1.12)
        foot = x + random.normal(0, 30)
        pen.line(
            [(x, y), ((x + foot) / 2 + random.normal(0, 10), (y + 310) / 2), (foot, 310)],
            4 + size / 20,
            hsv(0.3, 0.65, 0.4),
        )
        for side in (-1, 1):
            leaf = pen.at((x + foot) / 2, (y + 330) / 2, size / 55, angle=random.uniform(-65, -15), mirrored=side < 0)
            leaf.blob([(0, 0), (24, -11), (62, 0), (24, 11)], Gradient(hsv(0.28, 0.6, 0.55), hsv(0.32, 0.7, 0.32)))
            leaf.line([(3, 0), (52, 0)], 1, hsv(0.25, 0.4, 0.65))
        _daisy(pen.at(x, y, radius / 60, angle=random.uniform(0, 30)), random, petal, heart)


def _daisy(pen: Pen, random: Random, petal: Colour, heart: Colour) -> None:
    petals, width = int(random.integers(9, 20)), random.uniform(0.85, 1.15)
    half = 70 / petals * 2 * width
    for layer, reach in ((0, 60), (1, 52)):
        for step in range(petals):
            blade = pen.at(0, 0, angle=360 * (step + layer / 2) / petals + random.normal(0, 2))
            tone = mix(petal, BLACK, 0.14 - 0.1 * layer + random.uniform(0, 0.05))
            long = reach * random.uniform(0.93, 1.05)
            blade.blob([(8, 0), (long * 0.55, -half), (long, 0), (long * 0.55, half)], tone)
            blade.line([(14, 0), (long * 0.75, 0)], 0.8, faded(mix(petal, BLACK, 0.35), 0.5))
    pen.ellipse(0, 0, 19, 19, mix(heart, BLACK, 0.35))
    pen.ellipse(0, 0, 17, 17, heart)
    for step in range(90):
        radius, turn = 16 * np.sqrt(step / 90), step * 2.39996
        tone = mix(heart, pick(random, WHITE, BLACK), random.uniform(0.1, 0.4))
        pen.ellipse(radius * np.cos(turn), radius * np.sin(turn), 1.3, 1.3, tone)


def cactus(pen: Pen, random: Random) -> None:
    """Paint saguaro cacti in the desert."""
    horizon = random.uniform(185, 230)
    warm = bool(random.integers(2))
    day_sky(pen, random)
    if warm:
        backdrop(
            pen, hsv(random.uniform(0.9, 1.05), 0.4, 0.85), hsv(random.uniform(0.07, 0.12), 0.5, 1), 0, horizon + 15
        )
        pen.ellipse(random.uniform(40, 360), random.uniform(50, 130), 26, 26, hsv(0.13, 0.25, 1))
    sand = hsv(random.uniform(0.06, 0.11), random.uniform(0.35, 0.6), random.uniform(0.8, 0.95))
    mesa = mix(sand, hsv(random.uniform(-0.04, 0.04), 0.6, 0.6), 0.6)
    for _ in range(random.integers(0, 4)):
        x, wide, tall = random.uniform(0, WIDTH), random.uniform(30, 70), random.uniform(25, 70)
        base = horizon + 14
        sides = [(x - wide * 1.3, base), (x - wide, base - tall), (x + wide, base - tall), (x + wide * 1.4, base)]
        pen.polygon(sides, Gradient(mesa, mix(mesa, sand, 0.5)))
    for level in range(4):
        tone = mix(sand, BLACK, 0.07 * level)
        shape = ridge(random, horizon + 24 * level, 9, 0.3)
        pen.polygon([(-5, 305), *shape, (405, 305)], Gradient(tone, mix(tone, BLACK, 0.12)))
    for _ in range(40):
        x, y = random.uniform(0, WIDTH), random.uniform(horizon + 15, HEIGHT)
        pen.ellipse(x, y, random.uniform(1, 4), random.uniform(0.7, 2), mix(sand, BLACK, random.uniform(0.2, 0.5)))
    for _ in range(random.integers(0, 4)):
        _saguaro(pen.at(random.uniform(10, 390), horizon + random.uniform(6, 22), random.uniform(0.25, 0.45)), random)
    _saguaro(pen.at(random.uniform(110, 290), random.uniform(horizon + 40, 290), random.uniform(0.95, 1.35)), random)


def _saguaro(pen: Pen, random: Random) -> None:
    green = hsv(random.uniform(0.27, 0.42), random.uniform(0.45, 0.65), random.uniform(0.38, 0.55))
    height = random.uniform(120, 165)
    pen.glow(25, 2, 75, 11, hsv(0.05, 0.6, 0.2, 0.65))
    limbs: list[list[Point]] = [[(0, 0), (0, -height)]]
    for side in pick(random, (-1,), (1,), (-1, 1), (-1, 1), (-1, 1, 1)):
        joint, reach = random.uniform(0.3, 0.62) * height, side * random.uniform(30, 42)
        top = joint + random.uniform(28, 62)
        bend = [(x, -joint - 14 + y) for x, y in arc(reach - side * 14, 0, side * 14, 14, 90, 0)]
        limbs.append([(0, -joint), *bend, (reach, -top)])
    for limb in reversed(limbs):
        thick = 34 if limb is limbs[0] else 19
        pen.line(limb, thick, mix(green, BLACK, 0.3))
        pen.line(limb, thick * 0.84, green)
        for share in (-0.27, 0.0, 0.27):
            pen.line([(x + share * thick, y) for x, y in limb], thick * 0.07, mix(green, BLACK, 0.35))
            pen.line([(x + (share - 0.1) * thick, y) for x, y in limb], thick * 0.06, mix(green, WHITE, 0.35))
        x, y = limb[-1]
        if random.integers(2):
            bloom = hsv(random.uniform(0.85, 1.15), 0.65, 1)
            for turn in range(-150, 0, 30):
                pen.at(x, y - thick * 0.42, angle=turn).ellipse(5, 0, 6, 2.6, bloom)


def toadstool(pen: Pen, random: Random) -> None:
    """Paint red toadstools with white spots on a forest's floor."""
    hue = pick(random, 0.28, 0.33, 0.1, 0.22)
    backdrop(pen, hsv(hue, 0.5, random.uniform(0.25, 0.5)), hsv(hue, 0.6, 0.15))
    blurred_lights(pen, random, hue, 30)
    for _ in range(random.integers(2, 7)):
        x, wide = random.uniform(0, WIDTH), random.uniform(8, 22)
        pen.polygon(
            [(x - wide, 250), (x - wide * 0.7, -5), (x + wide * 0.7, -5), (x + wide, 250)], hsv(0.08, 0.5, 0.16, 0.8)
        )
    horizon = random.uniform(205, 240)
    meadow(pen, random, horizon, hsv(random.uniform(0.2, 0.33), 0.6, random.uniform(0.3, 0.5)), 320)
    count = int(random.integers(1, 5))
    for y in sorted(random.uniform(horizon + 15, 290, count)):
        scale = random.uniform(0.55, 1.0) if count > 1 else random.uniform(1.05, 1.45)
        _mushroom(pen.at(random.uniform(70, 330), y, scale, angle=random.uniform(-10, 10)), random)


def _mushroom(pen: Pen, random: Random) -> None:
    red = hsv(random.uniform(-0.02, 0.03), random.uniform(0.8, 0.95), random.uniform(0.75, 0.95))
    tall, wide, high = random.uniform(60, 110), random.uniform(58, 85), random.uniform(40, 66)
    pen.glow(0, 0, 60, 10, hsv(0, 0, 0, 0.6))
    cream = hsv(0.11, 0.12, 0.97)
    stem = [(-17, 0), (-12, -tall * 0.5), (-11, -tall), (11, -tall), (12, -tall * 0.5), (18, 0), (0, 6)]
    pen.blob(stem, Gradient(mix(cream, BLACK, 0.25), cream))
    pen.polygon([(4, 4), (5, -tall), (11, -tall), (12, -tall / 2), (17, 2)], hsv(0.08, 0.5, 0.3, 0.25))
    pen.ellipse(0, -tall, wide * 0.98, 13, hsv(0.1, 0.2, 0.8))
    for turn in range(0, 360, 9):
        pen.line([(0, -tall), arc(0, -tall, wide * 0.95, 12, turn, turn)[0]], 0.8, hsv(0.09, 0.3, 0.6))
    pen.blob([(0, -tall + 15), (14, -tall + 8), (0, -tall + 12), (-14, -tall + 8)], cream)
    pen.polygon(arc(0, -tall - 1, wide, high, 180, 360), Gradient(mix(red, WHITE, 0.12), mix(red, BLACK, 0.3)))
    pen.glow(-wide * 0.35, -tall - high * 0.65, wide * 0.4, high * 0.25, hsv(0, 0, 1, 0.45))
    for row, lift in enumerate((0.14, 0.42, 0.7, 0.9)):
        reach = wide * np.sqrt(1 - lift**2) * 0.86
        for x in np.linspace(-reach, reach, max(1, 5 - row)) + random.uniform(-6, 6, max(1, 5 - row)):
            squeeze = max(0.45, float(np.sqrt(max(0.0, 1 - (x / wide) ** 2))))
            size = random.uniform(3.5, 8)
            pen.ellipse(x, -tall - high * lift, size * squeeze, size * 0.75, hsv(0.12, 0.04, 1))
    pen.line([(x, random.uniform(-14, 5)) for x in range(-20, 24, 4)], 1.2, hsv(0.3, 0.6, 0.4))
