"use client";

import { useId, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { useText } from "@/text/language";
import type { Region } from "./query";
import { between, CORNERS, MIDDLE, moved, nudged, resized, type Corner, type Point } from "./region";

interface Props {
  region: Region | undefined;
  /** Told when a box is drawn, moved or taken away. */
  onChange: (region: Region | undefined) => void;
  /** The picture. */
  children: ReactNode;
}

type Grip =
  | { kind: "draw"; from: Point }
  | { kind: "move"; from: Point; box: Region }
  | { kind: "size"; corner: Corner; box: Region };

/** A picture on which a box can be drawn by mouse, finger or keyboard. */
export function RegionBox({ region, onChange, children }: Props) {
  const text = useText();
  const hint = useId();
  const frame = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLButtonElement>(null);
  const grip = useRef<Grip>(undefined);
  const [draft, setDraft] = useState<Region>();
  // A finger that moves over the picture scrolls the page, unless it was said that it draws.
  const [byFinger, setByFinger] = useState(false);
  const shown = draft ?? region;

  const pointOf = (event: PointerEvent): Point => {
    const bounds = frame.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
    return { x: (event.clientX - bounds.left) / bounds.width, y: (event.clientY - bounds.top) / bounds.height };
  };

  const grasp = (event: PointerEvent, how: Grip) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    grip.current = how;
    frame.current?.setPointerCapture(event.pointerId);
  };

  const drag = (event: PointerEvent) => {
    const held = grip.current;
    if (held) setDraft(dragged(held, pointOf(event)));
  };

  const letGo = () => {
    if (!grip.current) return;
    grip.current = undefined;
    setDraft(undefined);
    if (draft) onChange(draft);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (!region) return;
    const changed = nudged(region, event.key, event.shiftKey);
    if (changed) onChange(changed);
    else if (event.key === "Delete" || event.key === "Backspace" || event.key === "Escape") onChange(undefined);
    else return;
    event.preventDefault();
  };

  const begin = () => {
    setByFinger(true);
    onChange(MIDDLE);
    // The box is there once the page has been drawn anew.
    requestAnimationFrame(() => box.current?.focus());
  };

  return (
    <div>
      {/* The pointer's way to the box; the buttons below and the box itself are the keyboard's. */}
      <div
        ref={frame}
        data-testid="region"
        onPointerDown={(event) => {
          if (event.pointerType === "mouse" || byFinger) grasp(event, { kind: "draw", from: pointOf(event) });
        }}
        onPointerMove={drag}
        onPointerUp={letGo}
        onPointerCancel={() => {
          grip.current = undefined;
          setDraft(undefined);
        }}
        className={`relative overflow-hidden rounded-2xl select-none ${byFinger || region ? "touch-none" : ""} cursor-crosshair`}
      >
        {children}
        {shown && (
          <Veil region={shown}>
            <button
              ref={box}
              type="button"
              aria-label={text.region.box}
              aria-describedby={hint}
              className="absolute inset-0 cursor-move rounded-sm border-2 border-marigold shadow-[0_0_0_1px_var(--color-night),inset_0_0_0_1px_var(--color-night)]"
              onPointerDown={(event) => {
                grasp(event, { kind: "move", from: pointOf(event), box: shown });
              }}
              onKeyDown={onKeyDown}
            />
            {CORNERS.map((corner) => (
              <span
                key={corner}
                aria-hidden
                className={`absolute size-4 rounded-full border-2 border-night bg-marigold before:absolute before:-inset-2 ${PLACES[corner]}`}
                onPointerDown={(event) => {
                  grasp(event, { kind: "size", corner, box: shown });
                }}
              />
            ))}
          </Veil>
        )}
      </div>
      <p id={hint} className="sr-only">
        {text.region.keys}
      </p>
      <p aria-live="polite" className="sr-only">
        {region && said(text.region.said, region)}
      </p>
      <div className="mt-2 flex items-center justify-between gap-2 text-sm text-soft">
        <span className="pointer-coarse:hidden">{text.region.hint}</span>
        {region ? (
          <button
            type="button"
            className="ml-auto rounded-sm font-semibold text-ink underline underline-offset-4"
            onClick={() => {
              setByFinger(false);
              onChange(undefined);
            }}
          >
            {text.region.clear}
          </button>
        ) : (
          <button
            type="button"
            className="rounded-sm font-semibold text-ink underline underline-offset-4 not-pointer-coarse:sr-only not-pointer-coarse:focus:not-sr-only"
            onClick={begin}
          >
            {text.region.choose}
          </button>
        )}
      </div>
    </div>
  );
}

const PLACES: Readonly<Record<Corner, string>> = {
  nw: "-top-2 -left-2 cursor-nwse-resize",
  ne: "-top-2 -right-2 cursor-nesw-resize",
  sw: "-bottom-2 -left-2 cursor-nesw-resize",
  se: "-right-2 -bottom-2 cursor-nwse-resize",
};

/** Darkens what is outside the region, and places its children on it. */
function Veil({ region, children }: { region: Region; children: ReactNode }) {
  const percent = (share: number) => `${share * 100}%`;
  const place = {
    left: percent(region.x),
    top: percent(region.y),
    width: percent(region.width),
    height: percent(region.height),
  };
  return (
    <div className="absolute shadow-[0_0_0_100vmax_rgb(19_18_16/0.55)]" style={place}>
      {children}
    </div>
  );
}

function dragged(grip: Grip, point: Point): Region | undefined {
  switch (grip.kind) {
    case "draw":
      return between(grip.from, point);
    case "move":
      return moved(grip.box, { x: point.x - grip.from.x, y: point.y - grip.from.y });
    case "size":
      return resized(grip.box, grip.corner, point);
  }
}

function said(words: (x: number, y: number, width: number, height: number) => string, region: Region): string {
  const [x, y, width, height] = [region.x, region.y, region.width, region.height].map((share) =>
    Math.round(share * 100),
  );
  return words(x ?? 0, y ?? 0, width ?? 0, height ?? 0);
}
