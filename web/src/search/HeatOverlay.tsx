"use client";

import { useEffect, useRef } from "react";
import { lightOf, SIDE, type Cells } from "./light";

/** Lays the cells' light over a picture. */
export function HeatOverlay({ cells, shown = true }: { cells: Cells; shown?: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);

  useEffect(() => {
    canvas.current?.getContext("2d")?.putImageData(new ImageData(lightOf(cells), SIDE), 0, 0);
  }, [cells]);

  return (
    <canvas
      ref={canvas}
      width={SIDE}
      height={SIDE}
      aria-hidden
      data-testid="heat"
      className={`pointer-events-none absolute inset-0 size-full transition-opacity duration-300 ${shown ? "" : "opacity-0"}`}
    />
  );
}
