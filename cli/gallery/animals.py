"""Animals: fish, owls."""

import numpy as np

from cli.gallery.drawing import WIDTH, Gradient, Pen, Random, arc, hsv, mix, pick, ridge, smooth
from cli.gallery.scenery import BLACK, WHITE, backdrop, stars


def fish(pen: Pen, random: Random) -> None:
    """Paint striped fish over a reef."""
    hue = random.uniform(0.48, 0.62)
    backdrop(pen, hsv(hue, random.uniform(0.5, 0.7), 0.95), hsv(hue + 0.04, 0.9, random.uniform(0.25, 0.5)))
    for _ in range(random.integers(2, 7)):
        x, lean, wide = random.uniform(0, WIDTH), random.uniform(-110, 30), random.uniform(10, 34)
        pen.polygon([(x, -5), (x + wide, -5), (x + lean + wide * 2.4, 305), (x + lean, 305)], hsv(0.5, 0.1, 1, 0.1))
    sand = hsv(random.uniform(0.08, 0.13), 0.35, 0.8)
    pen.polygon(
        [(-5, 305), *ridge(random, 280, 12, 0.4), (405, 305)], Gradient(mix(sand, hsv(hue, 0.6, 0.8), 0.3), sand)
    )
    for x in random.uniform(0, WIDTH, random.integers(5, 16)):
        weed, sway = hsv(random.uniform(0.2, 1.05), 0.65, random.uniform(0.3, 0.7)), random.uniform(5, 13)
        stem = [
            (x + sway * np.sin(step * 0.9), 296 - step * random.uniform(8, 14))
            for step in range(random.integers(4, 10))
        ]
        pen.line(smooth(stem), random.uniform(3, 8), weed)
    for _ in range(random.integers(4, 22)):
        x, y, radius = random.uniform(0, WIDTH), random.uniform(0, 260), random.uniform(1.5, 7)
        pen.ellipse(x, y, radius, radius, hsv(0.5, 0.15, 1, 0.4))
        pen.ellipse(x - radius * 0.3, y - radius * 0.3, radius * 0.3, radius * 0.3, hsv(0.5, 0, 1, 0.8))
    count = int(random.integers(1, 6))
    paint, stripe = random.uniform(-0.05, 0.2), random.uniform(0, 1)
    for number in random.permutation(count):
        x = 200 + (number - (count - 1) / 2) * 300 / count + random.normal(0, 12)
        y = 130 + (0 if count == 1 else (-1) ** int(number) * 48) + random.normal(0, 14)
        place = pen.at(x, y, random.uniform(0.9, 1.15) * 1.55 / count**0.5, random.uniform(-14, 14))
        _swimmer(place.at(0, 0, mirrored=bool(random.integers(2))), random, paint + random.normal(0, 0.02), stripe)


def _swimmer(pen: Pen, random: Random, hue: float, stripe: float) -> None:
    body, fin = hsv(hue, 0.8, 1), hsv(hue - 0.03, 0.9, 0.8)
    high = random.uniform(30, 42)
    pen.blob([(-46, 0), (-66, -10), (-84, -30), (-78, 0), (-84, 30), (-66, 10)], Gradient(fin, mix(fin, BLACK, 0.2)))
    pen.blob([(-34, -high * 0.5), (-22, -high - 16), (12, -high - 14), (26, -high * 0.7), (0, -high * 0.5)], fin)
    pen.blob([(-20, high * 0.6), (-26, high + 14), (0, high + 8), (6, high * 0.6)], fin)
    outline = [
        (62, 2),
        (40, -high * 0.75),
        (6, -high),
        (-34, -high * 0.5),
        (-56, -6),
        (-56, 6),
        (-34, high * 0.5),
        (6, high),
        (40, high * 0.75),
    ]
    pen.blob(outline, Gradient(mix(body, WHITE, 0.1), mix(body, WHITE, 0.45)))
    band = hsv(stripe, 0.2, 1) if random.integers(3) else hsv(stripe, 0.8, 0.4)
    for x, wide in ((28, 6), (0, 8), (-30, 5)):
        reach = high * (0.86 if x == 28 else 0.96 if x == 0 else 0.53)
        pen.blob(
            [
                (x - wide, -reach),
                (x + wide, -reach),
                (x + wide + 5, 0),
                (x + wide, reach),
                (x - wide, reach),
                (x - wide + 5, 0),
            ],
            band,
        )
    pen.blob([(8, 4), (-14, -6), (-22, 8), (-8, 16)], mix(fin, WHITE, 0.15))
    pen.ellipse(46, -6, 7, 7, WHITE)
    pen.ellipse(48, -6, 4, 4, BLACK)
    pen.ellipse(49, -8, 1.4, 1.4, WHITE)
    pen.line([(60, 7), (54, 10), (49, 9)], 1.4, mix(body, BLACK, 0.6))


def owl(pen: Pen, random: Random) -> None:
    """Paint an owl on a branch by moonlight."""
    hue = random.uniform(0.58, 0.75)
    backdrop(pen, hsv(hue, 0.75, 0.18), hsv(hue + 0.04, 0.5, random.uniform(0.4, 0.65)))
    stars(pen, random, 110)
    x, y, radius = random.uniform(60, 340), random.uniform(60, 130), random.uniform(35, 80)
    pen.glow(x, y, radius * 2.3, radius * 2.3, hsv(0.14, 0.2, 1, 0.5))
    pen.ellipse(x, y, radius, radius, hsv(0.14, 0.15, 1))
    for _ in range(6):
        size = radius * random.uniform(0.06, 0.18)
        pen.ellipse(
            x + random.uniform(-0.55, 0.55) * radius,
            y + random.uniform(-0.55, 0.55) * radius,
            size,
            size,
            hsv(0.13, 0.22, 0.92),
        )
    wood, perch = hsv(0.06, 0.5, 0.16), random.uniform(225, 255)
    pen.line([(-10, perch + random.uniform(-14, 14)), (200, perch), (410, perch + random.uniform(-22, 22))], 15, wood)
    for _ in range(random.integers(3, 10)):
        twig = pen.at(random.uniform(0, WIDTH), perch, angle=random.uniform(-60, 60))
        twig.line([(0, 0), (0, -random.uniform(20, 50))], 3, wood)
        for step in range(3):
            twig.at(0, -14 - 12 * step, angle=pick(random, -40, 40)).ellipse(0, -8, 4.5, 10, hsv(0.33, 0.5, 0.22))
    count = pick(random, 1, 1, 2, 3)
    for number in range(count):
        place = 200 + (number - (count - 1) / 2) * 105 + random.normal(0, 30 if count == 1 else 5)
        _perching(pen.at(place, perch + 2, random.uniform(1.1, 1.45) / count**0.35), random)


def _perching(pen: Pen, random: Random) -> None:
    coat = hsv(random.uniform(0.04, 0.11), random.uniform(0.15, 0.65), random.uniform(0.4, 0.75))
    belly, dark = mix(coat, hsv(0.11, 0.2, 1), 0.6), mix(coat, BLACK, 0.4)
    tall, wide = random.uniform(105, 125), random.uniform(38, 46)
    pen.polygon([(-13, -8), (13, -8), (9, 34), (-9, 34)], dark)
    pen.blob(
        [
            (0, 4),
            (wide, -26),
            (wide, -tall * 0.6),
            (wide * 0.9, -tall),
            (0, -tall - 5),
            (-wide * 0.9, -tall),
            (-wide, -tall * 0.6),
            (-wide, -26),
        ],
        Gradient(mix(coat, WHITE, 0.1), mix(coat, BLACK, 0.2)),
    )
    for side in (-1, 1):
        pen.polygon(
            [(side * wide * 0.95, -tall + 10), (side * wide * 0.9, -tall - 26), (side * wide * 0.25, -tall - 2)], coat
        )
    pen.ellipse(0, -36, wide * 0.68, 38, belly)
    for row in range(5):
        for step in range(-2, 3):
            pen.polygon(arc(step * 9.5 + (row % 2) * 4.5, -60 + row * 12, 5, 6, 0, 180), mix(belly, dark, 0.55))
    for side in (-1, 1):
        pen.blob(
            [
                (side * wide * 0.8, -72),
                (side * (wide + 8), -50),
                (side * (wide + 2), -16),
                (side * wide * 0.6, -4),
                (side * wide * 0.62, -40),
            ],
            dark,
        )
    iris, gaze = hsv(random.uniform(0.08, 0.16), 0.9, 1), random.uniform(-3, 3)
    for side in (-1, 1):
        pen.ellipse(side * 17, -tall + 20, 19, 19, mix(belly, WHITE, 0.35))
        pen.ellipse(side * 17, -tall + 20, 13, 13, iris)
        pen.ellipse(side * 17 + gaze, -tall + 20, 7, 7, BLACK)
        pen.ellipse(side * 17 + gaze - 3, -tall + 16, 2.4, 2.4, WHITE)
    pen.polygon([(-6, -tall + 28), (6, -tall + 28), (0, -tall + 44)], hsv(0.1, 0.8, 0.95))
    for x in (-22, -15, -8, 8, 15, 22):
        pen.ellipse(x, 3, 3, 6, hsv(0.1, 0.7, 0.85))
