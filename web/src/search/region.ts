import type { Region } from "./query";

/** Geometry of the box that is drawn on a query's picture, in fractions of its width and height. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Corner = "nw" | "ne" | "sw" | "se";
export const CORNERS: readonly Corner[] = ["nw", "ne", "sw", "se"];

/** Smaller boxes are slips of the hand. */
export const SMALLEST = 0.04;

const within = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The box between two points, cut off at the picture's border; undefined where it is too small to be meant. */
export function between(one: Point, other: Point): Region | undefined {
  const [left, right] = sorted(one.x, other.x);
  const [top, bottom] = sorted(one.y, other.y);
  const box = { x: left, y: top, width: right - left, height: bottom - top };
  return box.width < SMALLEST || box.height < SMALLEST ? undefined : box;
}

/** The same box elsewhere, never beyond the border. */
export const moved = (box: Region, by: Point): Region => ({
  ...box,
  x: within(box.x + by.x, 0, 1 - box.width),
  y: within(box.y + by.y, 0, 1 - box.height),
});

/** The box with one corner elsewhere, never beyond the border and never too small. */
export function resized(box: Region, corner: Corner, to: Point): Region {
  const right = box.x + box.width;
  const bottom = box.y + box.height;
  const west = corner === "nw" || corner === "sw";
  const north = corner === "nw" || corner === "ne";
  const x = west ? within(to.x, 0, right - SMALLEST) : box.x;
  const y = north ? within(to.y, 0, bottom - SMALLEST) : box.y;
  return {
    x,
    y,
    width: (west ? right : within(to.x, box.x + SMALLEST, 1)) - x,
    height: (north ? bottom : within(to.y, box.y + SMALLEST, 1)) - y,
  };
}

/** What an arrow key does: moves the box, or with Shift its lower right corner. */
export function nudged(box: Region, key: string, shift: boolean): Region | undefined {
  const step = STEPS[key];
  if (!step) return undefined;
  if (!shift) return moved(box, step);
  return resized(box, "se", { x: box.x + box.width + step.x, y: box.y + box.height + step.y });
}

const STEP = 0.02;
const STEPS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -STEP, y: 0 },
  ArrowRight: { x: STEP, y: 0 },
  ArrowUp: { x: 0, y: -STEP },
  ArrowDown: { x: 0, y: STEP },
};

/** Where somebody begins who does not draw. */
export const MIDDLE: Region = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };

function sorted(one: number, other: number): [number, number] {
  const [a, b] = [within(one, 0, 1), within(other, 0, 1)];
  return a < b ? [a, b] : [b, a];
}
