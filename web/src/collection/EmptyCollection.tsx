"use client";

import { FolderOpen } from "lucide-react";
import { useText } from "@/text/language";

/** What to do when there is nothing yet. */
export function EmptyCollection() {
  const text = useText();
  return (
    <section className="rounded-[2rem] border-2 border-dashed border-line bg-card px-6 py-20 text-center shadow-card">
      <FolderOpen aria-hidden className="mx-auto size-12 text-soft" />
      <h2 className="mt-4 text-2xl font-bold">{text.collection.empty}</h2>
      <p className="mx-auto mt-2 max-w-lg text-pretty text-soft">{text.collection.emptyNext}</p>
      <code className="mt-4 inline-block rounded-xl bg-well px-4 py-2 font-mono text-sm">lookalike ingest DIR</code>
      <p className="mx-auto mt-4 max-w-lg text-pretty text-soft">{text.collection.dropHere}</p>
    </section>
  );
}
