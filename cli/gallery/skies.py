"""What is above and what falls from there: hot-air balloons, planets, snow on a snowman."""

from itertools import pairwise

import numpy as np

from cli.gallery.drawing import HEIGHT, WIDTH, Colour, Gradient, Pen, Random, arc, faded, hsv, mix, pick, ridge, smooth
from cli.gallery.scenery import BLACK, WHITE, backdrop, conifer, day_sky, stars


def balloon(pen: Pen, random: Random) -> None:
    """Paint hot-air balloons over hills."""
    day_sky(pen, random)
    if random.integers(3) == 0:
        backdrop(pen, hsv(random.uniform(0.55, 0.65), 0.4, 0.85), hsv(random.uniform(0, 0.1), 0.4, 1))
    hue = random.uniform(0.2, 0.42)
    for level in range(3):
        tone = mix(hsv(hue, 0.5, 0.55), hsv(0.57, 0.2, 0.9), 0.6 - 0.3 * level)
        pen.polygon(
            [(-5, 305), *ridge(random, 238 + 22 * level, 14, 0.35), (405, 305)], Gradient(tone, mix(tone, BLACK, 0.2))
        )
    count = int(random.integers(1, 6))
    for number in range(count):
        scale = random.uniform(0.85, 1.2) if number == count - 1 else random.uniform(0.22, 0.5)
        x = random.uniform(120, 280) if number == count - 1 else random.uniform(30, 370)
        _envelope(pen.at(x, random.uniform(95, 135) if scale > 0.6 else random.uniform(40, 200), scale), random)


def _envelope(pen: Pen, random: Random) -> None:
    colours = [
        hsv(random.uniform(0, 1), random.uniform(0.6, 0.9), random.uniform(0.8, 1))
        for _ in range(random.integers(2, 5))
    ]
    if random.integers(2):
        colours[0] = hsv(0.12, 0.05, 1)
    gores = int(random.integers(7, 13))
    edges = np.sin(np.linspace(-np.pi / 2, np.pi / 2, gores + 1))
    rise = np.linspace(0, 1, 40)
    dome, skirt = np.minimum(rise / 0.55, 1), np.maximum((rise - 0.55) / 0.45, 0)
    girth = 78 * np.sqrt(1 - (1 - dome) ** 2) - 64 * skirt**1.5
    heights = -85 + 175 * rise
    bands = pick(random, 0, 0, 2)
    for number, (left, right) in enumerate(pairwise(edges)):
        tone = colours[number % len(colours)]
        shade = abs(number + 0.5 - gores * 0.4) / gores
        outline = [*zip(left * girth, heights, strict=True), *reversed([*zip(right * girth, heights, strict=True)])]
        pen.polygon(outline, Gradient(mix(tone, WHITE, 0.18), mix(tone, BLACK, 0.1 + 0.55 * shade)))
    for band in range(bands):
        part = slice(14 + 9 * band, 18 + 9 * band)
        strip = [
            *zip(-girth[part], heights[part], strict=True),
            *reversed([*zip(girth[part], heights[part], strict=True)]),
        ]
        pen.polygon(strip, mix(colours[-1], BLACK, 0.2))
    for x in (-13, -5, 5, 13):
        pen.line([(x, 90), (x * 0.8, 113)], 1, hsv(0.07, 0.4, 0.25))
    pen.glow(0, 94, 9, 10, hsv(0.1, 0.7, 1, 0.9))
    wicker = hsv(0.08, random.uniform(0.4, 0.7), random.uniform(0.4, 0.6))
    pen.polygon([(-12, 112), (12, 112), (10, 131), (-10, 131)], Gradient(wicker, mix(wicker, BLACK, 0.4)))
    pen.rectangle(-13, 110, 13, 114, mix(wicker, BLACK, 0.4))


def planet(pen: Pen, random: Random) -> None:
    """Paint a banded planet in space, often with rings and moons."""
    hue = random.uniform(0, 1)
    backdrop(pen, hsv(hue, 0.7, 0.06), hsv(hue + 0.1, 0.7, 0.12))
    for _ in range(8):
        cloud = hsv(hue + random.normal(0, 0.1), 0.7, random.uniform(0.3, 0.7), random.uniform(0.2, 0.5))
        pen.glow(
            random.uniform(0, WIDTH), random.uniform(0, HEIGHT), random.uniform(60, 170), random.uniform(40, 110), cloud
        )
    stars(pen, random, int(random.integers(130, 330)))
    main = hsv(random.uniform(0, 1), random.uniform(0.3, 0.75), random.uniform(0.75, 1))
    x, y, radius = random.uniform(130, 270), random.uniform(115, 185), random.uniform(50, 92)
    globe = pen.at(x, y, radius / 70, random.uniform(-35, 35))
    ringed, flat = random.integers(4) > 0, random.uniform(0.15, 0.4)
    ring = mix(main, WHITE, 0.45)
    spans = [
        (start, start + random.uniform(6, 13), random.uniform(0.35, 0.9))
        for start in (88.0, 104.0, 120.0)[: random.integers(1, 4)]
    ]
    if ringed:
        _rings(globe, spans, flat, (180, 360), ring)
    globe.ellipse(0, 0, 70, 70, main)
    latitude = -66.0
    while latitude < 56:
        thick = random.uniform(4, 17)
        low = min(latitude + thick, 62.0)
        tone = mix(main, pick(random, WHITE, BLACK, hsv(random.uniform(0, 1), 0.6, 0.9)), random.uniform(0.05, 0.35))
        upper, lower = np.sqrt(4900 - latitude**2), np.sqrt(4900 - low**2)
        bow = [(-upper, latitude), (0, latitude + 5), (upper, latitude), (lower, low), (0, low + 5), (-lower, low)]
        globe.polygon([*smooth(bow[:3]), *smooth(bow[3:])], tone)
        latitude = low + random.uniform(0, 9)
    if random.integers(2):
        spot_x, spot_y = random.uniform(-35, 30), random.uniform(-25, 35)
        globe.ellipse(spot_x, spot_y, 15, 9, mix(main, hsv(0.02, 0.8, 0.7), 0.6))
        globe.ellipse(spot_x, spot_y, 9, 5, mix(main, WHITE, 0.5))
    for step in range(12):
        crescent = [*arc(0, 0, 70.5, 70.5, -90, 90), *reversed(arc(0, 0, 62 - step * 9, 70.5, -90, 90))]
        if 62 - step * 9 > -30:
            globe.polygon(crescent, hsv(hue, 0.5, 0.03, 0.14))
    globe.glow(-26, -26, 42, 42, hsv(0.12, 0.1, 1, 0.4))
    if ringed:
        _rings(globe, spans, flat, (0, 180), ring)
    for _ in range(random.integers(0, 4)):
        size = random.uniform(4, 17)
        moon = pen.at(random.uniform(20, 380), random.uniform(20, 280), size / 10)
        rock = hsv(random.uniform(0, 1), random.uniform(0, 0.4), random.uniform(0.6, 0.9))
        moon.ellipse(0, 0, 10, 10, Gradient(rock, mix(rock, BLACK, 0.6)))
        for _ in range(4):
            moon.ellipse(random.uniform(-5, 5), random.uniform(-5, 5), 1.8, 1.5, mix(rock, BLACK, 0.3))


def _rings(
    pen: Pen, spans: list[tuple[float, float, float]], flat: float, half: tuple[float, float], colour: Colour
) -> None:
    for inner, outer, opacity in spans:
        near, far = arc(0, 0, inner, inner * flat, *half), arc(0, 0, outer, outer * flat, *half)
        pen.polygon([*far, *reversed(near)], faded(colour, opacity))


def snowman(pen: Pen, random: Random) -> None:
    """Paint a snowman in falling snow."""
    night = random.integers(3) == 0
    horizon = random.uniform(170, 215)
    light = 0.35 if night else random.uniform(0.75, 0.95)
    hue = random.uniform(0.52, 0.68)
    backdrop(pen, hsv(hue, 0.6, light), hsv(hue, 0.2, min(1, light + 0.25)))
    snow = hsv(hue, 0.06 if not night else 0.25, 0.98 if not night else 0.75)
    pen.polygon([(-5, 305), *ridge(random, horizon - 14, 20, 0.4), (405, 305)], mix(snow, hsv(hue, 0.4, light), 0.45))
    for _ in range(random.integers(0, 9)):
        fir = hsv(random.uniform(0.35, 0.5), 0.45, 0.35 if not night else 0.22)
        conifer(
            pen.at(random.uniform(0, WIDTH), horizon + random.uniform(0, 14)),
            random,
            random.uniform(45, 105),
            mix(fir, snow, 0.2),
        )
    pen.polygon(
        [(-5, 305), *ridge(random, horizon + 8, 10, 0.4), (405, 305)],
        Gradient(snow, mix(snow, hsv(hue, 0.4, 0.8), 0.35)),
    )
    count = pick(random, 1, 1, 1, 2)
    for number in range(count):
        x = 200 + (number - (count - 1) / 2) * 150 + random.normal(0, 35 / count)
        scale = random.uniform(0.95, 1.25) / count**0.4
        _snow_person(pen.at(x, random.uniform(258, 286), scale, mirrored=bool(random.integers(2))), random, snow)
    for _ in range(random.integers(50, 240)):
        radius = random.uniform(0.8, 3.2)
        pen.ellipse(
            random.uniform(0, WIDTH), random.uniform(0, HEIGHT), radius, radius, hsv(0, 0, 1, random.uniform(0.5, 1))
        )


def _snow_person(pen: Pen, random: Random, snow: Colour) -> None:
    shade, coal, twig = mix(snow, hsv(0.61, 0.5, 0.55), 0.5), hsv(0, 0, 0.1), hsv(0.07, 0.6, 0.3)
    pen.glow(20, 0, 90, 15, hsv(0.62, 0.6, 0.25, 0.6))
    sizes = [random.uniform(46, 56), random.uniform(34, 41), random.uniform(25, 30)]
    middles = [-sizes[0] * 0.9, -sizes[0] * 1.75 - sizes[1] * 0.62, 0.0]
    middles[2] = middles[1] - sizes[1] * 0.82 - sizes[2] * 0.7
    for side in (-1, 1):
        lift = random.uniform(-42, 15)
        hand = (side * (sizes[1] + 44), middles[1] + lift)
        pen.line([(side * sizes[1] * 0.8, middles[1]), hand], 4, twig)
        for spread in (-11, 9):
            pen.line([(hand[0] - side * 10, hand[1] - lift * 0.2), (hand[0] + side * 4, hand[1] + spread)], 2.6, twig)
    for size, y in zip(sizes, middles, strict=True):
        pen.ellipse(0, y, size, size * 0.95, Gradient(mix(snow, WHITE, 0.7), shade))
        pen.glow(-size * 0.3, y - size * 0.35, size * 0.6, size * 0.5, hsv(0, 0, 1, 0.8))
    head, y = sizes[2], middles[2]
    for button in range(random.integers(2, 5)):
        pen.ellipse(3, middles[1] - 12 + 16 * button, 3.6, 3.6, coal)
    for side in (-1, 1):
        pen.ellipse(4 + side * 9, y - 7, 3.4, 4, coal)
    for turn in range(35, 146, 22):
        dot_x, dot_y = arc(4, y + 1, 15, 13, turn, turn)[0]
        pen.ellipse(dot_x, dot_y, 1.8, 1.8, coal)
    pen.polygon([(2, y - 4), (4, y + 4), (random.uniform(28, 42), y + 3)], hsv(0.07, 0.9, 1))
    scarf = hsv(random.uniform(0, 1), 0.8, random.uniform(0.6, 0.95))
    neck = y + head * 0.86
    pen.polygon([(10, neck), (24, neck + 2), (28, neck + 42), (13, neck + 44)], mix(scarf, BLACK, 0.2))
    pen.blob(
        [
            (-head * 0.95, neck - 7),
            (0, neck),
            (head * 0.95, neck - 7),
            (head * 0.95, neck + 5),
            (0, neck + 12),
            (-head * 0.95, neck + 5),
        ],
        scarf,
    )
    brim, cloth = y - head * 0.62, pick(random, coal, hsv(random.uniform(0, 1), 0.75, 0.75))
    if cloth == coal or random.integers(2):
        pen.rectangle(-head * 0.72, brim - 36, head * 0.72, brim, Gradient(mix(cloth, WHITE, 0.2), cloth))
        pen.rectangle(-head * 0.72, brim - 12, head * 0.72, brim - 3, scarf)
        pen.ellipse(0, brim, head * 1.2, 5, cloth)
    else:
        pen.polygon([*arc(0, brim + 2, head * 0.9, 36, 180, 360)], Gradient(mix(cloth, WHITE, 0.2), cloth))
        pen.line([(-head * 0.85, brim + 1), (head * 0.85, brim + 1)], 9, hsv(0, 0, 0.97))
        pen.ellipse(0, brim - 36, 8, 8, hsv(0, 0, 0.97))
