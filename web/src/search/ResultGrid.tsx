"use client";

import { useEffect, useRef } from "react";
import type { SearchResult } from "@/api/types";
import { useText } from "@/text/language";
import { ResultCard } from "./ResultCard";
import type { Example, Query } from "./query";
import { hrefOf } from "./query";

/** These are on the first screen: the browser should not wait to see whether they are. */
const EAGER = 12;

interface Props {
  query: Query;
  results: readonly SearchResult[];
  /** An answer to an earlier query, shown until that to this one comes. */
  stale: boolean;
  onOpen: (id: string) => void;
  onWanted: (id: string, wanted: Example["wanted"]) => void;
}

export function ResultGrid({ query, results, stale, onOpen, onWanted }: Props) {
  const text = useText();
  const example = query.examples.find(({ wanted }) => wanted === "more");
  const address = hrefOf(query);
  return (
    <ol
      aria-label={text.results.title}
      aria-busy={stale}
      className={`picture-rows transition-opacity duration-200 ${stale ? "opacity-50" : ""}`}
    >
      {results.map((result, rank) => (
        <ResultCard
          key={result.id}
          result={result}
          collection={query.collection}
          example={example}
          href={`${address}&view=${result.id}`}
          eager={rank < EAGER}
          onOpen={onOpen}
          onWanted={onWanted}
        />
      ))}
    </ol>
  );
}

/** Asks for more when it comes near the screen. */
export function More({ onNear }: { onNear: () => void }) {
  const foot = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const target = foot.current;
    if (!target) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) onNear();
      },
      { rootMargin: "800px" },
    );
    observer.observe(target);
    return () => {
      observer.disconnect();
    };
  }, [onNear]);
  return <div ref={foot} className="h-px" />;
}

const SHAPES = [4 / 3, 1, 3 / 4, 3 / 2, 4 / 3, 1, 3 / 2, 3 / 4, 4 / 3, 1, 4 / 3, 3 / 2];

/** Places for pictures that are on their way. */
export function Skeleton() {
  const text = useText();
  return (
    <div>
      <p role="status" className="sr-only">
        {text.results.searching}
      </p>
      <div aria-hidden className="picture-rows">
        {SHAPES.map((ratio, index) => (
          <div key={index} style={{ flex: `${ratio} 1 calc(${ratio} * var(--row))` }}>
            <div style={{ aspectRatio: ratio }} className="animate-shimmer rounded-xl bg-well" />
            <div className="mt-1.5 h-5" />
          </div>
        ))}
      </div>
    </div>
  );
}
