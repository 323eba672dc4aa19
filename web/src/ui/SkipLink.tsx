"use client";

import { useText } from "@/text/language";

/** Takes the keyboard past the header. */
export function SkipLink() {
  const text = useText();
  return (
    <a
      href="#content"
      className="fixed top-3 left-3 z-50 -translate-y-20 rounded-xl bg-ink px-4 py-2 text-paper focus:translate-y-0"
    >
      {text.skip}
    </a>
  );
}
