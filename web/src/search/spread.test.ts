import { expect, test } from "vitest";
import { spreadOf } from "./spread";

test("every score is counted once, those beyond the ends in the outermost bars", () => {
  expect(spreadOf([-0.2, 0, 0.1, 0.26, 0.5, 0.99, 1, 1.00001], 4)).toEqual([3, 1, 1, 3]);
});
