"use client";

import { useEffect, useId, useRef, useState } from "react";
import { useFormats, useText } from "@/text/language";
import { spreadOf } from "./spread";

const SETTLED_MILLISECONDS = 150;
const BARS = 25;

interface Props {
  /** From 0, where every result is shown, to 1. */
  value: number;
  /** Scores of what was found, for the picture of how they are spread. */
  scores: readonly number[];
  onChange: (value: number) => void;
}

/** Cuts the tail of the results. What it does shows at once; the address follows when the hand rests. */
export function ScoreSlider({ value, scores, onChange }: Props) {
  const text = useText();
  const formats = useFormats();
  const id = useId();
  const timer = useRef<number>(undefined);
  const [hand, setHand] = useState<number>();
  const shown = hand ?? value;

  useEffect(
    () => () => {
      window.clearTimeout(timer.current);
    },
    [],
  );
  const slide = (to: number) => {
    setHand(to);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      setHand(undefined);
      onChange(to);
    }, SETTLED_MILLISECONDS);
  };

  const said = shown > 0 ? text.results.atLeast(formats.percent(shown)) : text.results.everything;
  return (
    <div className="flex items-center gap-3">
      <label htmlFor={id} className="text-sm font-medium">
        {text.results.similarity}
      </label>
      <div className="relative w-36">
        <Spread scores={scores} from={shown} />
        <input
          id={id}
          type="range"
          min={0}
          max={1}
          step={0.01}
          value={shown}
          aria-valuetext={said}
          onChange={(event) => {
            slide(Number(event.target.value));
          }}
          className="relative range block w-full"
        />
      </div>
      <output htmlFor={id} className="w-12 text-sm text-soft tabular-nums">
        {shown > 0 ? `≥ ${formats.percent(shown)}` : text.results.everything}
      </output>
    </div>
  );
}

/** How many results have about which score, as bars above the slider. */
function Spread({ scores, from }: { scores: readonly number[]; from: number }) {
  const counts = spreadOf(scores, BARS);
  const most = Math.max(...counts, 1);
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${BARS} 10`}
      preserveAspectRatio="none"
      className="absolute inset-x-2.5 bottom-3.5 h-6 w-[calc(100%-1.25rem)]"
    >
      {counts.map((count, bar) => {
        const height = count > 0 ? 1 + 9 * Math.sqrt(count / most) : 0;
        const kept = (bar + 1) / BARS > from;
        return (
          <rect
            key={bar}
            x={bar + 0.1}
            y={10 - height}
            width={0.8}
            height={height}
            className={kept ? "fill-amber" : "fill-line"}
          />
        );
      })}
    </svg>
  );
}
