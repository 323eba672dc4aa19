"""What lies on a table: apples, chessboard, teapot."""

import numpy as np

from cli.gallery.drawing import HEIGHT, WIDTH, Colour, Gradient, Pen, Point, Random, arc, faded, hsv, mix, pick, smooth
from cli.gallery.scenery import BLACK, WHITE, backdrop


def apples(pen: Pen, random: Random) -> None:
    """Paint apples on a table."""
    wall = hsv(random.uniform(0, 1), random.uniform(0.1, 0.4), random.uniform(0.5, 0.95))
    edge = random.uniform(150, 200)
    backdrop(pen, mix(wall, WHITE, 0.15), mix(wall, BLACK, 0.2), 0, edge)
    wood = hsv(random.uniform(0.05, 0.1), random.uniform(0.35, 0.65), random.uniform(0.4, 0.8))
    backdrop(pen, wood, mix(wood, BLACK, 0.3), edge, HEIGHT)
    for _ in range(50):
        x, y = random.uniform(-80, 400), edge + (HEIGHT - edge) * random.uniform(0.02, 1)
        pen.line([(x, y), (x + random.uniform(40, 160), y)], 1, faded(mix(wood, BLACK, 0.5), 0.4))
    skin = pick(random, 0.98, 0.0, 0.02, 0.25, 0.14)
    count = int(random.integers(1, 6))
    places = 200 + (np.arange(count) - (count - 1) / 2) * min(95, 300 / count) + random.normal(0, 8, count)
    for x in random.permutation(places):
        scale = random.uniform(0.85, 1.1) * (1.35 if count < 3 else 0.9)
        colour = hsv(skin + random.normal(0, 0.012), random.uniform(0.7, 0.9), random.uniform(0.75, 0.95))
        _apple(pen.at(float(x), random.uniform(edge + 35, 275), scale, angle=random.uniform(-16, 16)), random, colour)


def _apple(pen: Pen, random: Random, skin: Colour) -> None:
    pen.glow(8, 0, 62, 15, hsv(0, 0, 0, 0.6))
    body = [
        (0, -76),
        (22, -86),
        (46, -70),
        (48, -38),
        (30, -6),
        (12, 1),
        (0, -3),
        (-12, 1),
        (-30, -6),
        (-48, -38),
        (-46, -70),
        (-22, -86),
    ]
    pen.blob(body, Gradient(mix(skin, WHITE, 0.08), mix(skin, BLACK, 0.35)))
    pen.glow(18, -20, 32, 30, faded(mix(skin, BLACK, 0.6), 0.5))
    for _ in range(60):
        turn, out = random.uniform(-1, 1), random.uniform(0.2, 0.85)
        pen.ellipse(
            44 * turn * out,
            -40 - 32 * random.uniform(-1, 1) * out,
            0.8,
            1.1,
            faded(mix(skin, hsv(0.15, 0.4, 1), 0.6), 0.7),
        )
    pen.glow(-20, -60, 18, 20, hsv(0, 0, 1, 0.85))
    pen.ellipse(0, -77, 14, 5, mix(skin, BLACK, 0.5))
    pen.line([(0, -76), (2, -90), (8, -102)], 3.6, hsv(0.08, 0.6, 0.25))
    if random.integers(3):
        leaf = pen.at(4, -90, angle=random.uniform(-40, 5))
        leaf.blob([(0, 0), (18, -11), (40, -2), (18, 8)], Gradient(hsv(0.28, 0.65, 0.6), hsv(0.32, 0.7, 0.35)))
        leaf.line([(2, 0), (36, -2)], 0.9, hsv(0.25, 0.4, 0.7))


def chessboard(pen: Pen, random: Random) -> None:
    """Paint a chessboard with some of its pieces, in perspective."""
    table = hsv(random.uniform(0, 1), random.uniform(0.1, 0.5), random.uniform(0.2, 0.7))
    backdrop(pen, mix(table, BLACK, 0.45), table)
    pen.glow(random.uniform(60, 340), random.uniform(40, 200), 230, 160, hsv(0.12, 0.15, 1, 0.3))
    hue = pick(random, 0.07, 0.08, 0.3, 0.6, 0.0)
    light, dark = (
        hsv(0.11, random.uniform(0.05, 0.3), 0.95),
        hsv(hue, random.uniform(0.3, 0.7), random.uniform(0.2, 0.5)),
    )
    turn, tilt, zoom = np.radians(random.uniform(0, 90)), random.uniform(0.5, 0.85), random.uniform(25, 33)
    middle = (200 + random.normal(0, 22), 165 + random.normal(0, 12))

    def place(column: float, row: float) -> tuple[Point, float]:
        across, away = column - 4, row - 4
        x, depth = across * np.cos(turn) - away * np.sin(turn), across * np.sin(turn) + away * np.cos(turn)
        scale = zoom / (1 - depth * 0.045)
        return (middle[0] + x * scale, middle[1] + depth * scale * tilt), scale

    def square(left: float, top: float, right: float, bottom: float) -> list[Point]:
        return [place(*corner)[0] for corner in ((left, top), (right, top), (right, bottom), (left, bottom))]

    pen.polygon([(x, y + 9) for x, y in square(-0.6, -0.6, 8.6, 8.6)], hsv(0, 0, 0, 0.55))
    pen.polygon(square(-0.5, -0.5, 8.5, 8.5), mix(dark, BLACK, 0.45))
    for row in range(8):
        for column in range(8):
            pen.polygon(square(column, row, column + 1, row + 1), dark if (row + column) % 2 else light)
    squares = random.permutation(64)[: random.integers(4, 20)]
    standing = sorted(
        (place(int(number) % 8 + 0.5, int(number) // 8 + 0.5) for number in squares), key=lambda spot: spot[0][1]
    )
    for (x, y), scale in standing:
        tone = pick(random, hsv(0.11, 0.18, 0.98), mix(dark, BLACK, 0.5))
        _piece(pen.at(x, y, scale / 30), random, tone)


def _piece(pen: Pen, random: Random, tone: Colour) -> None:
    shaded = Gradient(mix(tone, WHITE, 0.2), mix(tone, BLACK, 0.3))
    pen.glow(6, 2, 19, 8, hsv(0, 0, 0, 0.6))
    height = pick(random, 28, 28, 36, 42, 46)
    pen.blob([(-11, 0), (0, 4), (11, 0), (6, -6), (4, -height + 6), (-4, -height + 6), (-6, -6)], shaded)
    pen.ellipse(0, -height + 7, 7.5, 2.6, mix(tone, BLACK, 0.15))
    match height:
        case 28:
            pen.ellipse(0, -height, 7, 7, shaded)
        case 36:
            pen.polygon([(-7, -28), (7, -28), (8, -41), (4, -41), (4, -38), (-4, -38), (-4, -41), (-8, -41)], shaded)
        case 42:
            pen.blob([(0, -58), (7, -44), (4, -37), (-4, -37), (-7, -44)], shaded)
        case _:
            pen.polygon([(-5, -39), (-9, -54), (-3, -48), (0, -57), (3, -48), (9, -54), (5, -39)], shaded)
            pen.ellipse(0, -58, 2.4, 2.4, tone)


def teapot(pen: Pen, random: Random) -> None:
    """Paint a teapot and its cups on a laid table."""
    wall = hsv(random.uniform(0, 1), random.uniform(0.15, 0.45), random.uniform(0.55, 0.95))
    edge = random.uniform(165, 205)
    backdrop(pen, mix(wall, WHITE, 0.15), wall, 0, edge)
    cloth = hsv(random.uniform(0, 1), random.uniform(0.1, 0.6), random.uniform(0.7, 0.95))
    backdrop(pen, mix(cloth, WHITE, 0.5), mix(cloth, WHITE, 0.3), edge, HEIGHT)
    vanishing, check = random.uniform(100, 300), random.uniform(20, 44)
    for x in np.arange(-12 * check, 12 * check, check):
        corners = [(x * 0.8, edge), (x * 0.8 + check * 0.4, edge), (x * 1.7 + check * 0.85, HEIGHT), (x * 1.7, HEIGHT)]
        pen.polygon([(vanishing + x, y) for x, y in corners], faded(cloth, 0.6))
    for level in range(5):
        y = edge + (HEIGHT - edge) * (level / 5) ** 1.3
        pen.rectangle(0, y, WIDTH, y + 4 + 3 * level, faded(cloth, 0.5))
    china = hsv(random.uniform(0, 1), random.uniform(0.05, 0.75), random.uniform(0.7, 1))
    trim = hsv(random.uniform(0, 1), 0.7, random.uniform(0.5, 0.9))
    side = bool(random.integers(2))
    x, y = random.uniform(150, 250), random.uniform(edge + 35, 255)
    _pot(pen.at(x, y, random.uniform(0.95, 1.3), mirrored=side), random, china, trim)
    for _ in range(random.integers(0, 3)):
        cup = pen.at(
            x + random.choice([-1, 1]) * random.uniform(105, 160), random.uniform(y + 5, 285), random.uniform(0.8, 1.1)
        )
        cup.glow(0, 2, 52, 13, hsv(0, 0, 0, 0.5))
        cup.ellipse(0, 0, 44, 10, mix(china, WHITE, 0.4))
        cup.line(arc(27, -20, 13, 11), 5, mix(china, BLACK, 0.15))
        cup.polygon(arc(0, -36, 29, 36, 0, 180), Gradient(mix(china, WHITE, 0.25), mix(china, BLACK, 0.2)))
        cup.ellipse(0, -36, 29, 7, mix(china, WHITE, 0.5))
        cup.ellipse(0, -35, 25, 5, hsv(0.06, 0.7, 0.45))


def _pot(pen: Pen, random: Random, china: Colour, trim: Colour) -> None:
    high, wide = random.uniform(78, 108), random.uniform(60, 74)
    body = Gradient(mix(china, WHITE, 0.3), mix(china, BLACK, 0.3))
    pen.glow(0, 0, 120, 20, hsv(0, 0, 0, 0.6))
    pen.line(arc(-wide + 2, -high * 0.55, 34, high * 0.34, 80, 280), 10, mix(china, BLACK, 0.15))
    pen.polygon(
        smooth(
            [
                (wide - 16, -20),
                (wide + 20, -42),
                (wide + 34, -high + 2),
                (wide + 50, -high - 8),
                (wide + 46, -high + 10),
                (wide + 34, -30),
                (wide - 14, 0),
            ]
        ),
        body,
    )
    pen.blob(
        [
            (-wide * 0.55, 0),
            (wide * 0.55, 0),
            (wide, -high * 0.4),
            (wide * 0.8, -high * 0.82),
            (0, -high),
            (-wide * 0.8, -high * 0.82),
            (-wide, -high * 0.4),
        ],
        body,
    )
    pen.ellipse(0, 0, wide * 0.55, 5, mix(china, BLACK, 0.35))
    pen.polygon(
        arc(0, -high * 0.9, wide * 0.56, 20, 180, 360), Gradient(mix(china, WHITE, 0.35), mix(china, BLACK, 0.1))
    )
    pen.line([(-wide * 0.56, -high * 0.9), (wide * 0.56, -high * 0.9)], 3, trim)
    pen.ellipse(0, -high * 0.9 - 25, 8, 8, trim)
    for spot in np.linspace(-0.75, 0.75, int(random.integers(3, 8))):
        for turn in range(0, 360, 72):
            petal = pen.at(wide * spot, -high * 0.45, angle=turn)
            petal.ellipse(0, -5, 3.4 * np.sqrt(1 - spot**2), 4.4, trim)
        pen.ellipse(wide * spot, -high * 0.45, 2.4, 2.4, hsv(0.14, 0.7, 1))
    pen.glow(-wide * 0.4, -high * 0.66, 24, 26, hsv(0, 0, 1, 0.7))
