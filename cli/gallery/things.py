"""Things: clock, umbrella."""

from itertools import pairwise

import numpy as np

from cli.gallery.drawing import HEIGHT, WIDTH, Colour, Gradient, Pen, Point, Random, arc, hsv, mix, pick, smooth
from cli.gallery.scenery import BLACK, WHITE, backdrop


def clock(pen: Pen, random: Random) -> None:
    """Paint a clock on a wall, at any hour."""
    wall = hsv(random.uniform(0, 1), random.uniform(0.08, 0.5), random.uniform(0.45, 0.95))
    backdrop(pen, mix(wall, WHITE, 0.15), mix(wall, BLACK, 0.25))
    _wallpaper(pen, random, mix(wall, pick(random, WHITE, BLACK), 0.12))
    radius = random.uniform(75, 125)
    x, y = random.uniform(145, 255), random.uniform(135, 165)
    face = pen.at(x, y, radius / 100, random.uniform(-5, 5))
    pen.glow(x + 10, y + 14, radius * 1.4, radius * 1.4, hsv(0, 0, 0, 0.7))
    rim = pick(
        random, hsv(0.07, 0.6, 0.4), hsv(0.13, 0.55, 0.85), hsv(0, 0, 0.15), hsv(random.uniform(0, 1), 0.7, 0.75)
    )
    dial = pick(random, hsv(0.12, 0.05, 1), hsv(0.12, 0.18, 0.97), hsv(0.12, 0.05, 1), hsv(0.6, 0.3, 0.2))
    ink = hsv(0, 0, 0.1) if dial[0] > 128 else hsv(0.12, 0.1, 1)
    face.ellipse(0, 0, 100, 100, Gradient(mix(rim, WHITE, 0.35), mix(rim, BLACK, 0.35)))
    face.ellipse(0, 0, 88, 88, mix(rim, BLACK, 0.45))
    face.ellipse(0, 0, 85, 85, dial)
    style = random.integers(4)
    for minute in range(60):
        mark, long = face.at(0, 0, angle=6 * minute), minute % 5 == 0
        if long or style != 1:
            mark.line([(0, -80), (0, -70 if long else -76)], 3 if long else 1.2, ink)
    for hour in range(1, 13):
        if style == 0 or (style == 2 and hour % 3 == 0):
            _numeral(face, hour, ink)
        elif style == 1:
            spot = face.at(0, 0, angle=30 * hour)
            spot.ellipse(0, -72, 5, 5, rim)
    minutes = random.uniform(0, 720)
    for angle, reach, width in ((minutes / 2, 44, 7), (minutes * 6, 66, 4.5)):
        hand = face.at(0, 0, angle=float(angle))
        hand.polygon(
            [(-width, 12), (-width * 0.6, -reach * 0.8), (0, -reach), (width * 0.6, -reach * 0.8), (width, 12)], ink
        )
    face.at(0, 0, angle=random.uniform(0, 360)).line([(0, 18), (0, -72)], 1.4, hsv(0, 0.9, 0.85))
    face.ellipse(0, 0, 6, 6, hsv(0, 0.9, 0.7))
    face.polygon([*arc(0, 0, 85, 85, 200, 290), *reversed(arc(14, 16, 90, 90, 205, 285))], hsv(0, 0, 1, 0.13))


def _wallpaper(pen: Pen, random: Random, tone: Colour) -> None:
    gap = random.uniform(14, 40)
    match random.integers(4):
        case 0:
            for x in np.arange(0, WIDTH, gap):
                pen.rectangle(x, 0, x + gap / 2, HEIGHT, tone)
        case 1:
            for row, y in enumerate(np.arange(0, HEIGHT + gap, gap)):
                for x in np.arange(0, WIDTH + gap, gap):
                    pen.ellipse(x + (row % 2) * gap / 2, y, gap / 7, gap / 7, tone)
        case 2:
            for row, y in enumerate(np.arange(0, HEIGHT, gap)):
                pen.line([(0, y), (WIDTH, y)], 2, tone)
                for x in np.arange((row % 2) * gap, WIDTH, 2 * gap):
                    pen.line([(x, y), (x, y + gap)], 2, tone)


def _numeral(face: Pen, hour: int, ink: Colour) -> None:
    """Draw a Roman numeral: strokes need no font."""
    numeral = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")[hour - 1]
    strokes: dict[str, tuple[float, list[list[Point]]]] = {
        "I": (4.5, [[(0, -7), (0, 7)]]),
        "V": (9, [[(-3.5, -7), (0, 7)], [(0, 7), (3.5, -7)]]),
        "X": (9, [[(-3.5, -7), (3.5, 7)], [(3.5, -7), (-3.5, 7)]]),
    }
    place = face.at(0, 0, angle=30 * hour).at(0, -59)
    x = -sum(strokes[letter][0] for letter in numeral) / 2
    for letter in numeral:
        width, lines = strokes[letter]
        for line in lines:
            place.at(x + width / 2, 0).line(line, 2, ink)
        x += width


def umbrella(pen: Pen, random: Random) -> None:
    """Paint an open umbrella in the rain."""
    hue, light = random.uniform(0.52, 0.68), random.uniform(0.5, 0.85)
    street = random.uniform(225, 262)
    backdrop(pen, hsv(hue, 0.25, light * 0.75), hsv(hue, 0.12, light), 0, street)
    for _ in range(random.integers(0, 9)):
        x, top, wide = random.uniform(-20, 400), random.uniform(90, 190), random.uniform(30, 75)
        pen.rectangle(x, top, x + wide, street, hsv(hue, 0.22, light * 0.8, 0.6))
    backdrop(pen, hsv(hue, 0.2, light * 0.55), hsv(hue, 0.3, light * 0.35), street, HEIGHT)
    for _ in range(14):
        x, y = random.uniform(0, WIDTH), random.uniform(street + 6, HEIGHT)
        pen.ellipse(x, y, random.uniform(8, 40), random.uniform(1.5, 5), hsv(hue, 0.12, light, 0.5))
    count = pick(random, 1, 1, 1, 2)
    for number in range(count):
        x = 200 + (number - (count - 1) / 2) * 190 + random.normal(0, 25 / count)
        canopy = pen.at(x, random.uniform(120, 155), random.uniform(0.95, 1.3) / count**0.5, random.uniform(-22, 22))
        _canopy(canopy, random)
    slant = random.uniform(-7, 7)
    for _ in range(random.integers(90, 220)):
        x, y, length = random.uniform(0, WIDTH), random.uniform(0, HEIGHT), random.uniform(7, 18)
        pen.line([(x, y), (x + slant * length / 18, y + length)], 1, hsv(hue, 0.1, 1, random.uniform(0.25, 0.7)))


def _canopy(pen: Pen, random: Random) -> None:
    first = hsv(random.uniform(0, 1), random.uniform(0.7, 0.9), random.uniform(0.75, 1))
    second = pick(random, first, hsv(0, 0, 1), hsv(random.uniform(0, 1), 0.8, 0.95))
    wide, high, panels = random.uniform(105, 125), random.uniform(72, 98), int(random.integers(5, 9))
    steel = hsv(0.08, 0.5, 0.25)
    pen.line([(0, -high), (0, 108)], 4, steel)
    pen.line(smooth([(0, 104), (1, 116), (10, 122), (19, 116), (20, 106)]), 6, pick(random, steel, first))
    edges = wide * np.sin(np.linspace(-np.pi / 2, np.pi / 2, panels + 1))
    for number, (left, right) in enumerate(pairwise(edges)):
        tone = first if number % 2 == 0 else second
        shade = abs(number + 0.5 - panels / 2) / panels
        seams = [arc(0, 0, edge, high, -90, 0) for edge in (left, right)]
        scallop = arc((left + right) / 2, 0, (right - left) / 2, 11, 180, 360)
        panel = [*seams[0], *scallop, *reversed(seams[1])]
        pen.polygon(panel, Gradient(mix(tone, WHITE, 0.2 * (1 - shade)), mix(tone, BLACK, 0.15 + 0.4 * shade)))
        pen.line(seams[0], 1.2, mix(tone, BLACK, 0.45))
    pen.line([(0, -high - 12), (0, -high)], 4, steel)
