"use client";

import { useFormats } from "@/text/language";

/** A share of 1 as a number and a bar. */
export function Meter({ share }: { share: number }) {
  const formats = useFormats();
  const filled = Math.min(Math.max(share, 0), 1);
  return (
    <div className="flex items-center gap-3">
      <span className="font-display text-2xl font-bold tabular-nums">{formats.percent(share)}</span>
      <span aria-hidden className="h-2 flex-1 overflow-hidden rounded-full bg-well">
        <span className="block h-full rounded-full bg-marigold" style={{ width: `${filled * 100}%` }} />
      </span>
    </div>
  );
}
