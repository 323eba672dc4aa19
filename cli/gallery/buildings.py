"""What people build: house, lighthouse, sailing boat, windmill."""

import numpy as np

from cli.gallery.drawing import HEIGHT, WIDTH, Colour, Gradient, Pen, Random, arc, faded, hsv, mix, pick, ridge
from cli.gallery.scenery import BLACK, WHITE, conifer, day_sky, meadow, sea


def house(pen: Pen, random: Random) -> None:
    """Paint a house with a pitched roof in its garden."""
    horizon = random.uniform(190, 235)
    day_sky(pen, random, horizon)
    hill = hsv(random.uniform(0.25, 0.4), 0.35, 0.7)
    pen.polygon([(-5, 305), *ridge(random, horizon - 12, 18, 0.4), (405, 305)], hill)
    grass = hsv(random.uniform(0.22, 0.34), 0.6, random.uniform(0.5, 0.68))
    meadow(pen, random, horizon, grass)
    for _ in range(random.integers(0, 4)):
        _round_tree(pen.at(random.uniform(0, WIDTH), horizon + random.uniform(2, 15), random.uniform(0.6, 1.2)), random)
    scale = random.uniform(0.8, 1.3)
    place = pen.at(random.uniform(150, 250), horizon + random.uniform(18, 38), scale, mirrored=bool(random.integers(2)))
    wall = hsv(random.uniform(0, 1), random.uniform(0.05, 0.5), random.uniform(0.8, 1))
    roof = hsv(pick(random, 0.02, 0.04, 0.6, 0.97, 0.07), random.uniform(0.4, 0.75), random.uniform(0.35, 0.75))
    width, height, pitch = random.uniform(85, 125), random.uniform(60, 95), random.uniform(40, 65)
    _cottage(place, random, wall, roof, width, height, pitch)
    for _ in range(random.integers(0, 14)):
        x, y = random.uniform(0, WIDTH), random.uniform(horizon + 45, HEIGHT)
        pen.ellipse(x, y, 3, 2.6, hsv(random.uniform(0.8, 1.2), 0.6, 1))
    if random.integers(2):
        for x in range(-4, 410, 13):
            pen.rectangle(x, 272, x + 6, 302, hsv(0.1, 0.06, 0.97))
            pen.polygon([(x, 272), (x + 3, 267), (x + 6, 272)], hsv(0.1, 0.06, 0.97))
        pen.rectangle(-5, 280, 405, 284, hsv(0.1, 0.08, 0.88))


def _cottage(pen: Pen, random: Random, wall: Colour, roof: Colour, width: float, height: float, pitch: float) -> None:
    depth, rise = width * random.uniform(0.5, 0.9), random.uniform(2, 8)
    pen.glow(depth / 3, 0, width * 1.4, 13, hsv(0, 0, 0, 0.5))
    side = [(0, 0), (depth, -rise), (depth, -height - rise), (0, -height)]
    half = width / 2
    pen.rectangle(depth * 0.55, -height - pitch - 22, depth * 0.55 + 14, -height - rise - 12, mix(roof, BLACK, 0.35))
    pen.polygon(side, Gradient(mix(wall, BLACK, 0.22), mix(wall, BLACK, 0.35)))
    slope = [
        (7, -height + 6),
        (depth + 7, -height - rise + 6),
        (depth - half, -height - pitch - rise),
        (-half, -height - pitch),
    ]
    front = pen.at(-width, 0)
    front.polygon([(0, 0), (width, 0), (width, -height), (half, -height - pitch), (0, -height)], wall)
    pen.polygon(slope, Gradient(mix(roof, WHITE, 0.08), mix(roof, BLACK, 0.25)))
    for share in np.linspace(0.15, 0.9, 6):
        start, stop = np.array(slope[3]), np.array(slope[0])
        along = start + (stop - start) * share
        pen.line([tuple(along), (along[0] + depth, along[1] - rise)], 1.2, mix(roof, BLACK, 0.4))
    front.line([(-7, -height + 6), (half, -height - pitch), (width + 7, -height + 6)], 6, mix(roof, BLACK, 0.15))
    door = hsv(random.uniform(0, 1), 0.6, random.uniform(0.35, 0.7))
    middle = half + pick(random, -1, 0, 1) * width * 0.22
    front.rectangle(middle - 11, -42, middle + 11, 0, door)
    front.ellipse(middle + 7, -20, 1.7, 1.7, hsv(0.13, 0.5, 1))
    for x in (width * 0.2, half, width * 0.8):
        if abs(x - middle) > 22:
            _window(front.at(x, -30), random)
    if height > 75 or middle != half:
        _window(front.at(half, -height + 4), random)
    _window(pen.at(depth * 0.3, -height * 0.5), random)
    _window(pen.at(depth * 0.72, -height * 0.5 - rise * 0.6), random)
    pen.polygon(
        [(middle - width - 11, 0), (middle - width + 11, 0), (middle - width + 30, 90), (middle - width - 45, 90)],
        hsv(0.1, 0.2, 0.8),
    )


def _window(pen: Pen, random: Random) -> None:
    pen.rectangle(-9.5, -11.5, 9.5, 11.5, hsv(0.1, 0.04, 0.98))
    pane = pick(random, hsv(0.55, 0.4, 0.75), hsv(0.57, 0.5, 0.6), hsv(0.13, 0.45, 1))
    for x, y in ((-7.5, -9.5), (0.8, -9.5), (-7.5, 0.8), (0.8, 0.8)):
        pen.rectangle(x, y, x + 6.7, y + 8.7, pane)


def _round_tree(pen: Pen, random: Random) -> None:
    pen.polygon([(-5, 0), (5, 0), (3, -50), (-3, -50)], hsv(0.07, 0.5, 0.35))
    green = hsv(random.uniform(0.2, 0.38), 0.6, random.uniform(0.35, 0.6))
    for _ in range(26):
        shade = mix(green, pick(random, WHITE, BLACK), random.uniform(0, 0.25))
        pen.ellipse(random.normal(0, 16), -66 + random.normal(0, 14), 12, 11, shade)


def lighthouse(pen: Pen, random: Random) -> None:
    """Paint a striped lighthouse on its rock in the sea, by day or at dusk."""
    horizon = random.uniform(190, 230)
    dusk = bool(random.integers(2))
    day_sky(pen, random, horizon)
    if dusk:
        pen.rectangle(0, 0, WIDTH, horizon, Gradient(hsv(0.68, 0.7, 0.22), hsv(random.uniform(0.75, 0.95), 0.4, 0.65)))
    far = hsv(0.56, 0.45, 0.45 if dusk else 0.8)
    sea(pen, random, horizon, far, hsv(random.uniform(0.5, 0.6), 0.75, 0.25 if dusk else 0.5))
    x, scale = random.uniform(90, 310), random.uniform(0.8, 1.2)
    here = pen.at(x, horizon + random.uniform(5, 30), scale)
    height, foot, head = random.uniform(125, 155), random.uniform(20, 26), random.uniform(12, 15)
    if dusk:
        for side in (-1, 1):
            beam = [(0, -height - 12), (side * 420, -height - 70), (side * 420, -height + 30)]
            here.polygon(beam, hsv(0.15, 0.3, 1, 0.3))
    rock = hsv(random.uniform(0.02, 0.12), random.uniform(0.15, 0.4), 0.38)
    for _ in range(15):
        across, size = random.uniform(-80, 80), random.uniform(14, 32)
        corners = arc(across, 18 - size * 0.2, size, size * random.uniform(0.5, 1), 150, 420)[:: random.integers(8, 14)]
        tone = mix(rock, pick(random, WHITE, BLACK), random.uniform(0, 0.3))
        here.polygon(corners, Gradient(mix(tone, WHITE, 0.15), mix(tone, BLACK, 0.4)))
    paint = pick(random, hsv(0.99, 0.85, 0.8), hsv(0.6, 0.75, 0.55), hsv(0, 0, 0.15), hsv(0.02, 0.8, 0.85))
    bands = int(random.integers(4, 8))
    for band in range(bands):
        low, high = band / bands, (band + 1) / bands
        wide, narrow = foot + (head - foot) * low, foot + (head - foot) * high
        colour = paint if band % 2 == 0 else hsv(0.1, 0.03, 0.97)
        here.polygon(
            [(-wide, -height * low), (wide, -height * low), (narrow, -height * high), (-narrow, -height * high)], colour
        )
    shade = [(foot * 0.25, 0), (foot, 0), (head, -height), (head * 0.25, -height)]
    here.polygon(shade, hsv(0.65, 0.5, 0.1, 0.28))
    here.rectangle(-head - 6, -height - 4, head + 6, -height + 2, hsv(0, 0, 0.2))
    here.rectangle(-head * 0.7, -height - 24, head * 0.7, -height - 4, hsv(0.14, 0.55, 1))
    for bar in np.linspace(-head * 0.7, head * 0.7, 4):
        here.line([(bar, -height - 24), (bar, -height - 4)], 1.5, hsv(0, 0, 0.2))
    here.polygon([(-head, -height - 23), (head, -height - 23), (0, -height - 40)], mix(paint, BLACK, 0.25))
    if dusk:
        here.glow(0, -height - 14, 55, 45, hsv(0.14, 0.3, 1, 0.9))
    for level in range(int(random.integers(2, 4))):
        here.rectangle(-4, -35 - 42 * level, 3, -23 - 42 * level, hsv(0.6, 0.4, 0.2))


def sailboat(pen: Pen, random: Random) -> None:
    """Paint sailing boats on a sunny sea."""
    horizon = random.uniform(120, 190)
    day_sky(pen, random, horizon)
    if random.integers(2):
        coast = hsv(random.uniform(0.25, 0.6), 0.3, 0.65)
        pen.polygon([(-5, horizon + 1), *ridge(random, horizon - 9, 10, 0.5), (405, horizon + 1)], coast)
    hue = random.uniform(0.49, 0.6)
    sea(pen, random, horizon, hsv(hue, 0.45, 0.85), hsv(hue + 0.03, 0.8, 0.5), 200)
    for _ in range(random.integers(0, 4)):
        _boat(pen.at(random.uniform(15, 385), horizon + random.uniform(5, 22), random.uniform(0.15, 0.3)), random)
    _boat(pen.at(random.uniform(130, 270), random.uniform(horizon + 55, 272), random.uniform(0.85, 1.25)), random)


def _boat(pen: Pen, random: Random) -> None:
    boat = pen.at(0, 0, angle=random.uniform(-9, 9), mirrored=bool(random.integers(2)))
    white = hsv(0.1, 0.04, 1)
    cloth = pick(random, white, white, hsv(random.uniform(0, 1), 0.7, 0.95), hsv(random.uniform(0, 1), 0.5, 1))
    jib = pick(random, white, cloth, hsv(random.uniform(0, 1), 0.75, 0.9))
    mast = random.uniform(125, 165)
    boat.glow(5, 10, 95, 13, hsv(0.6, 0.8, 0.2, 0.6))
    boat.line([(8, -8), (8, -mast)], 3, hsv(0.08, 0.5, 0.4))
    belly = random.uniform(8, 22)
    back = [(5, -mast + 4), (-30 - belly, -mast * 0.5), (-66, -22), (-30, -19), (5, -22)]
    boat.polygon([*back[:1], *arc(5, -22, 71, mast - 26, 270, 180), (5, -22)], Gradient(cloth, mix(cloth, BLACK, 0.2)))
    for share in (0.3, 0.5, 0.7):
        boat.line(
            [(5, -mast + (mast - 22) * share), (5 - 70 * share**0.6, -mast + (mast - 22) * share)],
            0.8,
            faded(BLACK, 0.2),
        )
    boat.polygon(
        [(11, -mast + 12), (40, -mast * 0.5), (66, -18), (13, -22)],
        Gradient(mix(jib, BLACK, 0.05), mix(jib, BLACK, 0.25)),
    )
    boat.polygon([(8, -mast - 12), (8, -mast - 2), (-14, -mast - 7)], hsv(random.uniform(0, 1), 0.8, 0.9))
    hull = pick(random, hsv(0.07, 0.65, 0.5), hsv(random.uniform(0, 1), 0.75, 0.6), hsv(0.6, 0.1, 0.95))
    boat.polygon([(-74, -14), (82, -17), (62, 9), (-58, 9)], Gradient(hull, mix(hull, BLACK, 0.4)))
    boat.polygon([(-74, -14), (82, -17), (79, -12), (-72, -9)], mix(hull, WHITE, 0.65))
    for _ in range(16):
        x = random.uniform(-85, 85)
        pen.line([(x - 9, 10 + random.uniform(-2, 4)), (x + 9, 10 + random.uniform(-2, 4))], 2, hsv(0.55, 0.1, 1, 0.75))


def windmill(pen: Pen, random: Random) -> None:
    """Paint a windmill over fields of flowers."""
    horizon = random.uniform(180, 225)
    day_sky(pen, random, horizon)
    for _ in range(random.integers(0, 7)):
        conifer(pen.at(random.uniform(0, WIDTH), horizon + 3), random, random.uniform(18, 40), hsv(0.35, 0.45, 0.4))
    meadow(pen, random, horizon, hsv(random.uniform(0.22, 0.32), 0.6, 0.6))
    hue = random.uniform(0.8, 1.2)
    for row in range(14):
        y = horizon + 10 + (HEIGHT - horizon) * (row / 13) ** 1.6
        tone = hsv(hue + (row % 3) * 0.06, 0.75, 0.95)
        for x in np.arange(-5, 405, 5 + row * 0.6):
            pen.ellipse(x + random.normal(0, 1.5), y + random.normal(0, 1), 1.2 + row * 0.2, 1.5 + row * 0.26, tone)
    mill = pen.at(random.uniform(110, 290), horizon + random.uniform(8, 30), random.uniform(0.85, 1.25))
    stone = hsv(random.uniform(0.03, 0.12), random.uniform(0.1, 0.6), random.uniform(0.5, 0.9))
    mill.polygon([(-32, 0), (32, 0), (19, -100), (-19, -100)], Gradient(mix(stone, WHITE, 0.1), mix(stone, BLACK, 0.2)))
    mill.polygon([(8, 0), (32, 0), (19, -100), (6, -100)], hsv(0, 0, 0, 0.25))
    cap = hsv(random.uniform(0, 0.1), 0.55, random.uniform(0.25, 0.5))
    mill.polygon(arc(0, -99, 23, 26, 180, 360), Gradient(mix(cap, WHITE, 0.15), cap))
    mill.polygon([(-8, 0), (-8, -22), *arc(0, -22, 8, 9, 180, 360), (8, -22), (8, 0)], mix(cap, BLACK, 0.3))
    for y in (-45, -76):
        mill.rectangle(-5, y - 7, 5, y + 6, hsv(0.57, 0.4, 0.35))
    turn, cloth = random.uniform(0, 90), pick(random, hsv(0.11, 0.12, 0.98), hsv(0.02, 0.7, 0.8), hsv(0.6, 0.15, 0.95))
    for blade in range(4):
        sail = mill.at(0, -108, angle=turn + 90 * blade)
        sail.rectangle(14, 0, 84, 17, cloth)
        for x in range(14, 90, 14):
            sail.line([(x, 0), (x, 17)], 1, hsv(0.08, 0.5, 0.35))
        sail.line([(0, 0), (86, 0)], 3.4, hsv(0.08, 0.5, 0.3))
    mill.ellipse(0, -108, 5, 5, hsv(0.08, 0.5, 0.2))
