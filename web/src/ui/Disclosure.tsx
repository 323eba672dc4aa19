"use client";

import { ChevronDown } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { looksLikeButton } from "./Button";

/**
 * A button that unfolds a panel over the page, and folds it when somebody turns elsewhere.
 *
 * The panel ends on the right where the nearest ancestor with a position ends, so it never leaves a narrow window.
 */
export function Disclosure({ summary, children }: { summary: ReactNode; children: ReactNode }) {
  const details = useRef<HTMLDetailsElement>(null);

  useEffect(() => {
    const fold = (event: Event) => {
      const panel = details.current;
      if (panel?.open && event.target instanceof Node && !panel.contains(event.target)) panel.open = false;
    };
    const foldOnEscape = (event: KeyboardEvent) => {
      const panel = details.current;
      if (event.key !== "Escape" || !panel?.open) return;
      panel.open = false;
      panel.querySelector("summary")?.focus();
    };
    document.addEventListener("pointerdown", fold);
    document.addEventListener("focusin", fold);
    document.addEventListener("keydown", foldOnEscape);
    return () => {
      document.removeEventListener("pointerdown", fold);
      document.removeEventListener("focusin", fold);
      document.removeEventListener("keydown", foldOnEscape);
    };
  }, []);

  return (
    <details ref={details} className="group/fold">
      <summary className={`${looksLikeButton()} list-none [&::-webkit-details-marker]:hidden`}>
        {summary}
        <ChevronDown aria-hidden className="size-4 transition-transform group-open/fold:rotate-180" />
      </summary>
      <div className="absolute right-0 z-20 mt-2 w-72 max-w-[calc(100vw-2rem)] animate-rise rounded-2xl border border-line bg-card p-3 shadow-float">
        {children}
      </div>
    </details>
  );
}
