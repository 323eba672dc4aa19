"use client";

import type { ReactNode } from "react";
import type { Image, SearchResult } from "@/api/types";
import { useFormats, useText } from "@/text/language";
import { Meter } from "./Meter";

interface Props {
  image: Image;
  /** How it answers a query, where there is one. */
  result?: Pick<SearchResult, "score" | "percentile"> | undefined;
}

/** What is known of an image. */
export function ImageFacts({ image, result }: Props) {
  const text = useText();
  const formats = useFormats();
  const metadata = Object.entries(image.metadata);
  return (
    <dl className="flex flex-col gap-4">
      {result && (
        <Fact name={text.image.similarity}>
          <Meter share={result.score} />
          {result.percentile !== null && (
            <p className="mt-1 text-sm text-soft">
              {text.image.percentile} {text.image.percentileOf(formats.finePercent(result.percentile))}
            </p>
          )}
        </Fact>
      )}
      <Fact name={text.image.label}>
        {image.label === null ? (
          <span className="text-soft">{text.image.noLabel}</span>
        ) : (
          <span className="font-display text-xl font-semibold break-words">{image.label}</span>
        )}
      </Fact>
      <Fact name={text.image.facts}>
        {metadata.length === 0 && <span className="text-soft">{text.image.noFacts}</span>}
        {metadata.map(([key, value]) => (
          <div key={key} className="flex justify-between gap-4 border-b border-line/60 py-1 last:border-0">
            <span className="shrink-0 text-soft">{key}</span>
            <span className="text-right break-all">
              {typeof value === "number" ? formats.number(value) : String(value)}
            </span>
          </div>
        ))}
      </Fact>
      <Fact name={text.image.size}>
        {text.image.pixels(formats.number(image.width), formats.number(image.height))}, {formats.bytes(image.size)},{" "}
        {image.content_type.replace("image/", "").toUpperCase()}
      </Fact>
      <Fact name={text.image.added}>{formats.date(image.created_at)}</Fact>
      <Fact name={text.image.id}>
        <code className="font-mono text-sm break-all">{image.id}</code>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="mb-0.5 text-sm font-medium text-soft">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
