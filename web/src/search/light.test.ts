import { expect, test } from "vitest";
import { lightOf, SIDE } from "./light";

const at = (light: Uint8ClampedArray, row: number, column: number) => {
  const [red = 0, , blue = 0, alpha = 0] = light.slice((row * SIDE + column) * 4);
  return { warm: red - blue > 100, alpha };
};

test("what matches best glows, and what matches least lies in the dark", () => {
  const light = lightOf([
    [0.1, 0.4, 0.4, 0.3],
    [0.3, 0.4, 0.4, 0.3],
    [0.3, 0.4, 0.4, 0.9],
  ]);
  expect(at(light, 0, 0).warm).toBe(false);
  expect(at(light, 0, 0).alpha).toBeGreaterThan(150);
  expect(at(light, SIDE - 1, SIDE - 1).warm).toBe(true);
  expect(at(light, SIDE - 1, SIDE - 1).alpha).toBeGreaterThan(90);
});

test("an image that matches everywhere alike is neither darkened nor lit", () => {
  const light = lightOf([
    [0.5, 0.5],
    [0.5, 0.5],
  ]);
  expect(light.filter((_, index) => index % 4 === 3).every((alpha) => alpha === 0)).toBe(true);
});
