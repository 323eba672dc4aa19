import { expect, test } from "vitest";
import { between, MIDDLE, moved, nudged, resized, SMALLEST } from "./region";
import type { Region } from "./query";

const close = (region: Region | undefined, expected: Region) => {
  for (const side of ["x", "y", "width", "height"] as const) expect(region?.[side]).toBeCloseTo(expected[side]);
};

test("a box is drawn from any corner to any other", () => {
  const expected = { x: 0.2, y: 0.3, width: 0.4, height: 0.5 };
  close(between({ x: 0.2, y: 0.3 }, { x: 0.6, y: 0.8 }), expected);
  close(between({ x: 0.6, y: 0.8 }, { x: 0.2, y: 0.3 }), expected);
  close(between({ x: 0.2, y: 0.8 }, { x: 0.6, y: 0.3 }), expected);
});

test("a box that is drawn beyond the picture ends at its border", () => {
  close(between({ x: 0.5, y: 0.5 }, { x: 4, y: -3 }), { x: 0.5, y: 0, width: 0.5, height: 0.5 });
});

test("a click is no box", () => {
  expect(between({ x: 0.5, y: 0.5 }, { x: 0.51, y: 0.9 })).toBeUndefined();
});

test("a box that is moved stays in the picture and keeps its size", () => {
  close(moved(MIDDLE, { x: 9, y: -9 }), { x: 0.5, y: 0, width: 0.5, height: 0.5 });
});

test("a corner is dragged, and the opposite one stays", () => {
  close(resized(MIDDLE, "nw", { x: 0.1, y: 0.05 }), { x: 0.1, y: 0.05, width: 0.65, height: 0.7 });
  close(resized(MIDDLE, "se", { x: 0.5, y: 0.6 }), { x: 0.25, y: 0.25, width: 0.25, height: 0.35 });
  close(resized(MIDDLE, "ne", { x: 1.5, y: 0.5 }), { x: 0.25, y: 0.5, width: 0.75, height: 0.25 });
});

test("a corner that is dragged past the opposite one leaves a box that can be grasped", () => {
  const box = resized(MIDDLE, "sw", { x: 0.99, y: 0.01 });
  expect(box.width).toBeCloseTo(SMALLEST);
  expect(box.height).toBeCloseTo(SMALLEST);
});

test("arrow keys move a box, and with Shift change its size", () => {
  close(nudged(MIDDLE, "ArrowRight", false), { ...MIDDLE, x: 0.27 });
  close(nudged(MIDDLE, "ArrowUp", true), { ...MIDDLE, height: 0.48 });
  expect(nudged(MIDDLE, "Enter", false)).toBeUndefined();
});
