import { expect, test } from "vitest";
import { labelOf, mayBeImage } from "./scan";

const named = (path: string) => ({ path, file: new File([], path) });

test.each([
  ["zoo/owl/1.jpg", "owl"],
  ["owl/1.jpg", "owl"],
  ["1.jpg", undefined],
])("the folder that a file lies in is its label: %s", (path, label) => {
  expect(labelOf(path)).toBe(label);
});

test("files that are no images by their names, and hidden ones, are left out", () => {
  const paths = ["a.JPG", "b.jpeg", "c.webp", "notes.txt", ".DS_Store", "zoo/.thumbnails/d.png", "e.avif"];
  expect(paths.filter((path) => mayBeImage(named(path)))).toEqual(["a.JPG", "b.jpeg", "c.webp", "e.avif"]);
});
