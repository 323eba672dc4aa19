"""Drawing primitives: smooth shapes, gradients and soft light on a picture that is drawn larger and then reduced.

Positions are in pixels of the finished picture, x to the right and y down; angles are in degrees, clockwise.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

WIDTH, HEIGHT = 400, 300
_OVERSAMPLING = 3
_GRAIN = 2.0

Random = np.random.Generator
Point = tuple[float, float]
Colour = tuple[int, int, int, int]
Points = Sequence[Point] | NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gradient:
    """A paint that runs from one colour at the top of a shape to another at its bottom."""

    top: Colour
    bottom: Colour


Paint = Colour | Gradient


def hsv(hue: float, saturation: float, value: float, opacity: float = 1.0) -> Colour:
    """Make a colour; the hue goes round from 0 (red) to 1 (red again), the others are cut to 0..1."""
    rgb = colorsys.hsv_to_rgb(hue % 1.0, min(max(saturation, 0.0), 1.0), min(max(value, 0.0), 1.0))
    red, green, blue = (round(255 * channel) for channel in rgb)
    return red, green, blue, round(255 * opacity)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Blend two colours; a share of 0 is all the first, 1 all the second."""
    red, green, blue, opacity = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue, opacity


def faded(colour: Colour, opacity: float) -> Colour:
    """Give `colour` another opacity, 0 to 1."""
    return *colour[:3], round(255 * opacity)


def pick(random: Random, *options: T) -> T:
    """Choose one of the options."""
    return options[int(random.integers(len(options)))]


def arc(x: float, y: float, rx: float, ry: float, start: float = 0, stop: float = 360) -> list[Point]:
    """List points along an ellipse, from `start` to `stop` degrees; 0 points to the right, 90 down."""
    turn = np.radians(np.linspace(start, stop, 73))
    return list(zip(x + rx * np.cos(turn), y + ry * np.sin(turn), strict=True))


def smooth(points: Points, *, closed: bool = False) -> NDArray[np.float64]:
    """Lay a Catmull-Rom spline through the points."""
    knots = np.asarray(points, dtype=np.float64)
    knots = np.vstack([knots[-1:], knots, knots[:2]]) if closed else np.vstack([knots[:1], knots, knots[-1:]])
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    pieces = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(knots, knots[1:], knots[2:], knots[3:], strict=False)
    ]
    return np.vstack([*pieces, knots[-2:-1]])


def ridge(random: Random, base: float, height: float, roughness: float = 0.5, steps: int = 129) -> list[Point]:
    """Draw a random skyline across the whole picture, by midpoint displacement around `base`."""
    heights = random.uniform(-1, 1, 3)
    spread = 1.0
    while len(heights) < steps:
        spread *= roughness
        middles = (heights[:-1] + heights[1:]) / 2 + random.uniform(-spread, spread, len(heights) - 1)
        heights = np.insert(heights, np.arange(1, len(heights)), middles)
    xs = np.linspace(-5, WIDTH + 5, len(heights))
    return list(zip(xs, base - height * heights, strict=True))


class Pen:
    """Draws on a picture in a frame of its own, which can be moved, turned, scaled and mirrored."""

    def __init__(self, image: Image.Image, frame: NDArray[np.float64]) -> None:
        self._image = image
        self._draw = ImageDraw.Draw(image, "RGBA")
        self._frame = frame
        self._scale = float(np.sqrt(abs(np.linalg.det(frame[:, :2]))))

    @classmethod
    def on_blank(cls) -> Pen:
        """Start a picture."""
        image = Image.new("RGB", (WIDTH * _OVERSAMPLING, HEIGHT * _OVERSAMPLING))
        return cls(image, np.array([[_OVERSAMPLING, 0.0, 0.0], [0.0, _OVERSAMPLING, 0.0]]))

    def at(self, x: float, y: float, scale: float = 1, angle: float = 0, *, mirrored: bool = False) -> Pen:
        """Give a pen whose origin is this one's (x, y)."""
        cos, sin = scale * np.cos(np.radians(angle)), scale * np.sin(np.radians(angle))
        turn = np.array([[cos, -sin], [sin, cos]]) @ np.diag([-1.0 if mirrored else 1.0, 1.0])
        shift = self._frame[:, :2] @ np.array([x, y]) + self._frame[:, 2]
        return Pen(self._image, np.column_stack([self._frame[:, :2] @ turn, shift]))

    def polygon(self, points: Points, paint: Paint) -> None:
        """Fill a polygon."""
        corners = self._place(points)
        if isinstance(paint, Gradient):
            self._fill_with_gradient(corners, paint)
        else:
            self._draw.polygon([tuple(corner) for corner in corners], fill=paint)

    def ellipse(self, x: float, y: float, rx: float, ry: float, paint: Paint) -> None:
        """Fill an ellipse."""
        self.polygon(arc(x, y, rx, ry), paint)

    def rectangle(self, left: float, top: float, right: float, bottom: float, paint: Paint) -> None:
        """Fill a rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], paint)

    def blob(self, points: Points, paint: Paint) -> None:
        """Fill the smooth closed shape through the points."""
        self.polygon(smooth(points, closed=True), paint)

    def line(self, points: Points, width: float, colour: Colour) -> None:
        """Draw along the points with round ends."""
        placed, thickness = self._place(points), width * self._scale
        self._draw.line([tuple(point) for point in placed], fill=colour, width=max(1, round(thickness)), joint="curve")
        if colour[3] == 255:  # where the line is translucent, its ends would show through
            for x, y in (placed[0], placed[-1]):
                self._draw.circle((x, y), thickness / 2, fill=colour)

    def glow(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """Blend a soft-edged ellipse over the picture: light, haze or shadow by its colour."""
        corners = self._place([(x - rx, y - ry), (x + rx, y - ry), (x + rx, y + ry), (x - rx, y + ry)])
        box = self._box(corners)
        if box is None:
            return
        centre = corners.mean(axis=0)
        radii = np.maximum((corners.max(axis=0) - corners.min(axis=0)) / 2, 1.0)
        across = (np.arange(box[0], box[2]) - centre[0]) / radii[0]
        down = (np.arange(box[1], box[3]) - centre[1]) / radii[1]
        strength = np.clip(1 - across[None, :] ** 2 - down[:, None] ** 2, 0, 1) ** 2
        self._image.paste(colour[:3], box, Image.fromarray((strength * colour[3]).astype(np.uint8)))

    def finish(self, random: Random) -> Image.Image:
        """Reduce the picture to its size, with a little grain as photographs have."""
        pixels = np.asarray(self._image.reduce(_OVERSAMPLING), dtype=np.float64)
        grain = random.normal(0, _GRAIN, (HEIGHT, WIDTH, 1))
        return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))

    def _place(self, points: Points) -> NDArray[np.float64]:
        placed: NDArray[np.float64] = np.asarray(points, dtype=np.float64) @ self._frame[:, :2].T + self._frame[:, 2]
        return placed

    def _box(self, corners: NDArray[np.float64]) -> tuple[int, int, int, int] | None:
        """Give the part of the picture that the corners span, or None where they lie outside."""
        left, top = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
        right, bottom = np.minimum(np.ceil(corners.max(axis=0)) + 1, self._image.size).astype(int)
        return (int(left), int(top), int(right), int(bottom)) if left < right and top < bottom else None

    def _fill_with_gradient(self, corners: NDArray[np.float64], paint: Gradient) -> None:
        box = self._box(corners)
        if box is None:
            return
        size = (box[2] - box[0], box[3] - box[1])
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon([tuple(corner) for corner in corners - box[:2]], fill=255)
        top, bottom = corners[:, 1].min(), corners[:, 1].max()
        share = np.clip((np.arange(box[1], box[3]) - top) / max(bottom - top, 1.0), 0, 1)[:, None]
        rows = np.array(paint.top) * (1 - share) + np.array(paint.bottom) * share
        colours = Image.fromarray(rows.astype(np.uint8)[:, None, :], "RGBA").resize(size, Image.Resampling.NEAREST)
        self._image.paste(colours.convert("RGB"), box, ImageChops.multiply(mask, colours.getchannel("A")))
