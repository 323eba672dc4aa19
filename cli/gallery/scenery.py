"""Grounds and skies that several kinds of picture stand in."""

from cli.gallery.drawing import HEIGHT, WIDTH, Colour, Gradient, Pen, Random, hsv, mix, pick

WHITE = hsv(0, 0, 1)
BLACK = hsv(0, 0, 0)


def backdrop(pen: Pen, top: Colour, bottom: Colour, upper: float = 0, lower: float = HEIGHT) -> None:
    """Fill the whole width between two heights."""
    pen.rectangle(-1, upper, WIDTH + 1, lower, Gradient(top, bottom))


def day_sky(pen: Pen, random: Random, horizon: float = HEIGHT) -> None:
    """Paint the sky of some hour of the day, with clouds as it happens."""
    hue, saturation = random.uniform(0.53, 0.62), random.uniform(0.3, 0.75)
    low = pick(random, hsv(0.13, 0.15, 1), hsv(0.55, 0.12, 1), hsv(0.05, 0.2, 0.98))
    backdrop(pen, hsv(hue, saturation, random.uniform(0.75, 0.98)), low, 0, horizon)
    for _ in range(random.integers(0, 4)):
        cloud(pen, random, random.uniform(0, WIDTH), random.uniform(10, horizon * 0.5), random.uniform(0.5, 1.2))


def cloud(pen: Pen, random: Random, x: float, y: float, scale: float, colour: Colour = WHITE) -> None:
    """Paint one heap of cloud, shaded below."""
    here = pen.at(x, y, scale, mirrored=bool(random.integers(2)))
    puffs = [(offset, random.uniform(-10, 4), random.uniform(11, 20)) for offset in range(-36, 40, 12)]
    shade = mix(colour, hsv(0.6, 0.3, 0.55), 0.25)
    for across, up, radius in puffs:
        here.ellipse(across, up + 4, radius * 1.2, radius * 0.8, shade)
    for across, up, radius in puffs:
        here.ellipse(across, up, radius * 1.2, radius * 0.8, colour)


def stars(pen: Pen, random: Random, count: int, lower: float = HEIGHT) -> None:
    """Scatter stars above a height."""
    for _ in range(count):
        radius = 0.35 + random.exponential(0.3)
        colour = hsv(random.uniform(0, 1), random.uniform(0, 0.25), random.uniform(0.6, 1))
        pen.ellipse(random.uniform(0, WIDTH), random.uniform(0, lower), radius, radius, colour)


def meadow(pen: Pen, random: Random, horizon: float, ground: Colour, blades: int = 220) -> None:
    """Paint grassy ground from the horizon down, with blades that grow towards the viewer."""
    backdrop(pen, mix(ground, WHITE, 0.15), mix(ground, BLACK, 0.35), horizon, HEIGHT)
    for depth in sorted(random.uniform(0, 1, blades)):
        x, y = random.uniform(0, WIDTH), horizon + depth * (HEIGHT - horizon)
        length = 2 + 9 * depth
        tone = mix(ground, pick(random, WHITE, BLACK, hsv(0.17, 0.6, 0.9)), random.uniform(0.05, 0.3))
        pen.line([(x, y), (x + random.uniform(-0.4, 0.4) * length, y - length)], 0.6 + depth, tone)


def sea(pen: Pen, random: Random, horizon: float, far: Colour, near: Colour, waves: int = 130) -> None:
    """Paint water from the horizon down, with ripples that lengthen towards the viewer."""
    backdrop(pen, far, near, horizon, HEIGHT)
    for depth in random.uniform(0.01, 1, waves) ** 1.4:
        x, y = random.uniform(0, WIDTH), horizon + depth * (HEIGHT - horizon)
        length = 4 + 34 * depth
        tone = mix(mix(far, near, float(depth)), pick(random, WHITE, BLACK), random.uniform(0.08, 0.3))
        pen.line([(x - length, y), (x, y - 1.6 * depth), (x + length, y)], 0.5 + 1.4 * depth, tone)


def blurred_lights(pen: Pen, random: Random, hue: float, count: int = 45) -> None:
    """Scatter large soft spots around a hue, as a lens shows what is far behind."""
    for _ in range(count):
        radius = random.uniform(12, 55)
        colour = hsv(hue + random.normal(0, 0.04), random.uniform(0.3, 0.8), random.uniform(0.3, 1), 0.5)
        pen.glow(random.uniform(0, WIDTH), random.uniform(0, HEIGHT), radius, radius, colour)


def conifer(pen: Pen, random: Random, height: float, colour: Colour) -> None:
    """Paint a fir that stands at the pen's origin."""
    pen.rectangle(-height * 0.03, -height * 0.15, height * 0.03, 0, mix(colour, hsv(0.07, 0.6, 0.25), 0.7))
    tiers = 6
    for tier in range(tiers):
        low = -height * (0.1 + 0.72 * tier / tiers)
        reach = height * 0.24 * (1 - 0.78 * tier / tiers) * random.uniform(0.9, 1.1)
        top = low - height * 0.3
        dark = mix(colour, BLACK, 0.3)
        jag = [(reach * share, low + height * 0.03 * (-1) ** step) for step, share in enumerate((1, 0.5, 0, -0.5, -1))]
        pen.polygon([(0, top), *jag], Gradient(mix(colour, WHITE, 0.08), dark))
        pen.polygon([(0, top), (reach, low + height * 0.03), (reach * 0.1, low)], mix(dark, BLACK, 0.15))
