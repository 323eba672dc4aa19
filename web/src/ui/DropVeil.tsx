import { ImageDown } from "lucide-react";

/** Covers the page while something is dragged over it. */
export function DropVeil({ words }: { words: string }) {
  return (
    <div className="pointer-events-none fixed inset-3 z-50 grid animate-rise place-items-center rounded-3xl border-4 border-dashed border-marigold bg-night/70 backdrop-blur-sm">
      <p className="flex items-center gap-4 font-display text-3xl font-bold text-white">
        <ImageDown aria-hidden className="size-10 text-marigold" />
        {words}
      </p>
    </div>
  );
}
