import type { HeatMap } from "@/api/types";

export type Cells = HeatMap["image"]["cells"];

/** Points a side that the cells are drawn with; the browser smooths the rest. */
export const SIDE = 64;

const NIGHT = [19, 18, 16] as const;
const MARIGOLD = [255, 194, 51] as const;
/** Matches above this share of the range glow, those below lie in the dark. */
const GLOWS_FROM = 0.65;
const DARKEST = 185;
const BRIGHTEST = 120;

/**
 * Cells as light: what matches least lies in the dark, what matches best glows.
 *
 * Returns `SIDE` x `SIDE` points in rows from the top, each red, green, blue and alpha from 0 to 255.
 */
export function lightOf(cells: Cells): Uint8ClampedArray<ArrayBuffer> {
  const light = new Uint8ClampedArray(SIDE * SIDE * 4);
  const smooth = smoothed(cells);
  const low = Math.min(...smooth);
  const span = Math.max(...smooth) - low;
  for (const [point, value] of smooth.entries()) {
    const match = span > 1e-9 ? (value - low) / span : GLOWS_FROM;
    light.set(colourOf(match), point * 4);
  }
  return light;
}

function colourOf(match: number): readonly [number, number, number, number] {
  if (match < GLOWS_FROM) return [...NIGHT, DARKEST * (1 - match / GLOWS_FROM)];
  return [...MARIGOLD, (BRIGHTEST * (match - GLOWS_FROM)) / (1 - GLOWS_FROM)];
}

/** The cells between their centres, by a cubic B-spline: it has no corners that the eye would take for borders. */
function smoothed(cells: Cells): number[] {
  const height = cells.length;
  const width = cells[0]?.length ?? 0;
  const at = (row: number, column: number): number =>
    cells[Math.min(Math.max(row, 0), height - 1)]?.[Math.min(Math.max(column, 0), width - 1)] ?? 0;
  const [down, across] = [splines(height), splines(width)];
  return down.flatMap((row) =>
    across.map((column) => {
      let sum = 0;
      for (const [i, vertical] of row.weights.entries()) {
        for (const [j, horizontal] of column.weights.entries()) {
          sum += vertical * horizontal * at(row.first + i, column.first + j);
        }
      }
      return sum;
    }),
  );
}

/** For each of the points a side: the first of four cells that it is made of, and how much of each. */
function splines(count: number): { first: number; weights: readonly number[] }[] {
  return Array.from({ length: SIDE }, (_, point) => {
    const position = ((point + 0.5) / SIDE) * count - 0.5;
    const before = Math.floor(position);
    const t = position - before;
    const weights = [(1 - t) ** 3, 3 * t ** 3 - 6 * t ** 2 + 4, -3 * t ** 3 + 3 * t ** 2 + 3 * t + 1, t ** 3];
    return { first: before - 1, weights: weights.map((weight) => weight / 6) };
  });
}
