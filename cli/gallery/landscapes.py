"""Landscapes: sunset over the sea, mountains, forest, city by night."""

import numpy as np

from cli.gallery.drawing import HEIGHT, WIDTH, Colour, Gradient, Pen, Random, faded, hsv, mix, pick, ridge
from cli.gallery.scenery import BLACK, WHITE, backdrop, conifer, day_sky, sea, stars


def sunset(pen: Pen, random: Random) -> None:
    """Paint the sun low over the sea, with its path of light."""
    horizon = random.uniform(140, 215)
    hue = random.uniform(-0.04, 0.09)
    high = pick(random, hsv(0.72, 0.6, 0.4), hsv(0.63, 0.65, 0.45), hsv(0.93, 0.6, 0.5), hsv(0.02, 0.8, 0.55))
    low, light = hsv(hue + 0.03, random.uniform(0.5, 0.75), 1), hsv(hue + 0.08, 0.35, 1)
    backdrop(pen, high, low, 0, horizon)
    x, radius = random.uniform(60, 340), random.uniform(16, 42)
    y = horizon - radius * random.uniform(-0.4, 1.8)
    pen.glow(x, y, radius * 6, radius * 4.5, faded(light, 0.75))
    pen.ellipse(x, y, radius, radius, Gradient(mix(light, WHITE, 0.6), light))
    for _ in range(random.integers(3, 11)):
        middle, up, reach = random.uniform(0, WIDTH), random.uniform(10, horizon - 12), random.uniform(40, 150)
        tone = faded(mix(high, low, random.uniform(0, 0.8)), 0.75)
        for _ in range(6):
            pen.glow(middle + random.normal(0, reach / 2), up + random.normal(0, 3), reach, random.uniform(3, 8), tone)
    sea(pen, random, horizon, mix(low, BLACK, 0.25), mix(high, BLACK, 0.5))
    for depth in np.sort(random.uniform(0, 1, 130)):
        spread = radius * (0.6 + 1.6 * depth)
        middle, down = x + random.normal(0, spread / 2.2), horizon + 1 + depth * (HEIGHT - horizon)
        length = random.uniform(2, 5 + 13 * depth)
        pen.line([(middle - length, down), (middle + length, down)], 0.8 + 1.8 * depth, faded(light, 0.8))
    match random.integers(4):
        case 0:
            _palm(pen, random)
        case 1:
            _headland(pen, random, horizon)
        case _:
            _birds(pen, random, horizon)


def _birds(pen: Pen, random: Random, horizon: float) -> None:
    for _ in range(random.integers(2, 9)):
        bird = pen.at(random.uniform(30, 370), random.uniform(20, horizon - 30), random.uniform(0.5, 1.3))
        bird.line([(-9, -4), (-5, -6), (0, 0), (5, -6), (9, -4)], 1.6, hsv(0.7, 0.4, 0.15))


def _headland(pen: Pen, random: Random, horizon: float) -> None:
    side = pen.at(pick(random, 0, WIDTH), horizon, random.uniform(0.8, 1.4))
    slope = [
        (-120, 3),
        *((step, -45 * np.cos(step / 80) + random.uniform(-5, 5)) for step in range(-110, 115, 9)),
        (120, 3),
    ]
    side.polygon(slope, hsv(0.75, 0.4, 0.17))


def _palm(pen: Pen, random: Random) -> None:
    dark = hsv(0.75, 0.5, 0.1)
    palm = pen.at(random.uniform(40, 360), HEIGHT + 12, random.uniform(0.9, 1.35), mirrored=bool(random.integers(2)))
    trunk = [(0, 0), (6, -50), (18, -105), (38, -150)]
    palm.line(trunk, 7, dark)
    for angle in np.linspace(-200, 20, 9) + random.uniform(-8, 8):
        frond = palm.at(38, -150, angle=float(angle))
        frond.blob([(0, 0), (28, -9), (58, 4), (30, -2)], dark)
        for step in range(8, 52, 4):
            frond.line([(step, -5), (step + 5, 8)], 1.4, dark)


def mountains(pen: Pen, random: Random) -> None:
    """Paint snowy peaks behind hazy ranges, over a meadow or a lake."""
    day_sky(pen, random)
    stone = hsv(pick(random, 0.6, 0.65, 0.07, 0.72), random.uniform(0.12, 0.35), random.uniform(0.4, 0.6))
    air = hsv(0.58, 0.2, 0.92)
    foot = random.uniform(195, 240)
    pen.polygon([(-5, foot + 5), *ridge(random, foot - 70, 25, 0.6), (405, foot + 5)], mix(stone, air, 0.6))
    for x in sorted(random.uniform(0, WIDTH, random.integers(2, 6)), key=lambda place: abs(place - 200), reverse=True):
        _peak(pen.at(x, foot + 14), random, random.uniform(110, 195), mix(stone, air, random.uniform(0, 0.25)))
    wood = mix(hsv(random.uniform(0.32, 0.45), 0.5, 0.33), air, 0.15)
    pen.polygon([(-5, 305), *ridge(random, foot, 12, 0.55), (405, 305)], Gradient(wood, mix(wood, BLACK, 0.4)))
    near = random.uniform(265, 305)
    if random.integers(2):
        near = HEIGHT + 8
        lake = foot + random.uniform(22, 40)
        sea(pen, random, lake, hsv(0.55, 0.35, 0.85), hsv(0.57, 0.6, 0.5), 60)
    else:
        grass = hsv(random.uniform(0.2, 0.3), 0.55, random.uniform(0.5, 0.7))
        pen.polygon([(-5, 305), *ridge(random, foot + 32, 9, 0.4), (405, 305)], Gradient(grass, mix(grass, BLACK, 0.4)))
    for _ in range(random.integers(0, 9)):
        conifer(pen.at(random.uniform(0, WIDTH), near + random.uniform(-3, 12)), random, random.uniform(35, 80), wood)


def _peak(pen: Pen, random: Random, height: float, stone: Colour) -> None:
    spread, steps = height * random.uniform(0.7, 1.0), 9
    shares = np.linspace(0, 1, steps)

    def flank(side: float, wobble: float) -> list[tuple[float, float]]:
        jitter = random.uniform(-wobble, wobble, steps) * np.sin(np.pi * shares)
        return [(side * spread * share + j, -height * (1 - share)) for share, j in zip(shares, jitter, strict=True)]

    left, right, crest = flank(-1, 9), flank(1, 9), flank(random.uniform(-0.2, 0.3), 14)
    pen.polygon([*left, *reversed(crest)], Gradient(mix(stone, WHITE, 0.3), stone))
    pen.polygon([*right, *reversed(crest)], Gradient(mix(stone, BLACK, 0.2), mix(stone, BLACK, 0.35)))
    line = random.integers(3, 6)
    for edge, snow in ((left, WHITE), (right, hsv(0.6, 0.2, 0.82))):
        zigzag = [
            (a[0] + (b[0] - a[0]) * share, a[1] + (12 if step % 2 else -6) + random.uniform(-5, 5))
            for step, share in enumerate(np.linspace(0, 1, 7))
            for a, b in [(edge[line], crest[line])]
        ]
        pen.polygon([*edge[: line + 1], *zigzag[1:-1], *reversed(crest[: line + 1])], snow)


def forest(pen: Pen, random: Random) -> None:
    """Paint firs, row before row, lost in mist."""
    mist = pick(random, hsv(0.5, 0.08, 0.95), hsv(0.13, 0.25, 1), hsv(0.6, 0.15, 0.85), hsv(0.07, 0.25, 0.95))
    backdrop(pen, mix(mist, hsv(0.55, 0.3, 0.9), 0.4), mist)
    leaf = pick(random, random.uniform(0.27, 0.46), random.uniform(0.3, 0.4), random.uniform(0.16, 0.24))
    green = hsv(leaf, random.uniform(0.4, 0.7), random.uniform(0.26, 0.5))
    if random.integers(2):
        x, y = random.uniform(60, 340), random.uniform(20, 110)
        pen.glow(x, y, 150, 120, faded(hsv(0.14, 0.3, 1), 0.9))
    rows = int(random.integers(3, 8))
    floor, nearest, slope = random.uniform(110, 215), random.uniform(120, 290), random.uniform(-0.18, 0.18)
    for nearness in np.linspace(0, 1, rows):
        tone = mix(mist, green, 0.2 + 0.8 * nearness)
        base = floor + nearness * (HEIGHT - floor)
        height = 55 + (nearest - 55) * nearness
        for x in np.arange(-30, 430, height * random.uniform(0.2, 0.34)) + random.uniform(-9, 9):
            shade = mix(tone, pick(random, WHITE, BLACK, hsv(0.2, 0.6, 0.6)), random.uniform(0, 0.18))
            place = pen.at(x + random.uniform(-8, 8), base + slope * (x - 200) + random.uniform(4, 16))
            conifer(place, random, height * random.uniform(0.55, 1.1), shade)
        ground = [(x, y + slope * (x - 200)) for x, y in ridge(random, base + 6, 5, 0.4)]
        pen.polygon([(-5, 400), *ground, (405, 400)], mix(tone, BLACK, 0.15))
        pen.glow(random.uniform(0, WIDTH), base, 260, 26, faded(mist, 0.5 * (1 - nearness)))


def skyline(pen: Pen, random: Random) -> None:
    """Paint a city by night, with lit windows, sometimes over a river."""
    hue = random.uniform(0.6, 0.8)
    river = random.uniform(225, 262) if random.integers(2) else HEIGHT + 5.0
    low = pick(random, hsv(0.07, 0.5, 0.55), hsv(0.85, 0.45, 0.5), hsv(hue, 0.5, 0.5))
    backdrop(pen, hsv(hue, 0.75, 0.12), low, 0, river)
    stars(pen, random, 90, 150)
    if random.integers(3):
        x, y, radius = random.uniform(40, 360), random.uniform(30, 80), random.uniform(10, 22)
        pen.glow(x, y, radius * 4, radius * 4, hsv(0.14, 0.2, 1, 0.4))
        pen.ellipse(x, y, radius, radius, hsv(0.14, 0.12, 1))
    for layer, share in enumerate((0.55, 0.28, 0.0)):
        wall = mix(hsv(hue, 0.5, 0.13), low, share)
        x = random.uniform(-25, 0)
        while x < WIDTH:
            width = random.uniform(20, 48)
            top = river - random.uniform(0.3, 1) * (200 - 45 * layer)
            _tower(pen.at(x, top), random, width, river - top, wall, lit=0.25 + 0.15 * layer)
            x += width + random.uniform(-3, 5)
    if river < HEIGHT:
        sea(pen, random, river, mix(low, BLACK, 0.55), hsv(hue, 0.7, 0.08), 60)
        for _ in range(90):
            x, depth = random.uniform(0, WIDTH), random.uniform(0.05, 1)
            y = river + depth * (HEIGHT - river)
            pen.line([(x - 4, y), (x + 4, y)], 1.4, hsv(random.uniform(0.08, 0.16), 0.6, 1, 0.5 * (1 - depth * 0.6)))


def _tower(pen: Pen, random: Random, width: float, height: float, wall: Colour, lit: float) -> None:
    match random.integers(5):
        case 0:
            pen.polygon([(width * 0.2, 0), (width * 0.5, -16), (width * 0.8, 0)], wall)
        case 1:
            pen.line([(width / 2, 0), (width / 2, -26)], 1.5, wall)
            pen.ellipse(width / 2, -26, 1.3, 1.3, hsv(0, 0.9, 1))
        case 2:
            pen.rectangle(width * 0.2, -9, width * 0.8, 0, wall)
    pen.rectangle(0, 0, width, height, Gradient(mix(wall, WHITE, 0.05), mix(wall, BLACK, 0.35)))
    pane = random.uniform(2.4, 3.6)
    glow = random.uniform(0.09, 0.16)
    for y in np.arange(5, height - 4, pane * 2.1):
        for x in np.arange(3.5, width - pane - 2, pane * 1.8):
            if random.random() < lit:
                light = hsv(glow + random.normal(0, 0.015), random.uniform(0.2, 0.7), random.uniform(0.7, 1))
                pen.rectangle(x, y, x + pane, y + pane * 1.25, light)
