import { expect, test } from "vitest";
import { en } from "./en";
import { es } from "./es";
import { formats } from "./formats";

/** All texts by their paths; those with something in them as they are with examples in them. */
function said(text: object, path = ""): [string, string][] {
  return Object.entries(text).flatMap(([name, value]: [string, unknown]): [string, string][] => {
    const here = `${path}.${name}`;
    if (typeof value === "string") return [[here, value]];
    if (typeof value === "function") return [[here, (value as (...parts: unknown[]) => string)(1, 2, 3, 4)]];
    return said(value as object, here);
  });
}

test("Spanish says everything that English says", () => {
  expect(said(es).map(([path]) => path)).toEqual(said(en).map(([path]) => path));
});

test("nothing was left in English by mistake", () => {
  const alike = new Map(said(en));
  const shared = said(es).filter(([path, text]) => alike.get(path) === text);
  expect(shared.map(([path]) => path)).toEqual([".image.id", ".edit.no"]);
});

test("numbers are written as the language writes them", () => {
  expect(formats("en").number(12345.5)).toBe("12,345.5");
  expect(formats("es").number(12345.5)).toBe("12.345,5");
  expect(formats("en").percent(0.846)).toBe("85%");
});

test("what is not all is never said to be 100 %", () => {
  expect(formats("en").finePercent(0.99999)).toBe("99.99%");
  expect(formats("en").finePercent(1)).toBe("100%");
});
