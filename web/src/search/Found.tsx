"use client";

import { useCallback, useMemo } from "react";
import { failureOf } from "@/api/failure";
import { useText } from "@/text/language";
import { FailureNotice } from "@/ui/FailureNotice";
import { Switch } from "@/ui/Switch";
import { useDeletions } from "@/deletion/DeletionProvider";
import { LabelFilter } from "./LabelFilter";
import type { Example, Query } from "./query";
import { More, ResultGrid, Skeleton } from "./ResultGrid";
import { ScoreSlider } from "./ScoreSlider";
import { cut, type useSearch } from "./useSearch";

interface Props {
  query: Query;
  found: ReturnType<typeof useSearch>;
  onChange: (query: Query) => void;
  onOpen: (id: string) => void;
  onWanted: (id: string, wanted: Example["wanted"]) => void;
}

/** What was found, and what narrows it. */
export function Found({ query, found, onChange, onOpen, onWanted }: Props) {
  const text = useText();
  const deletions = useDeletions();
  const { fetchNextPage, hasNextPage, isFetchingNextPage, isPending, isPlaceholderData } = found;
  const results = useMemo(
    () => found.results.filter(({ id }) => !deletions.isPending(query.collection, id)),
    [found.results, deletions, query.collection],
  );
  const scores = useMemo(() => results.map(({ score }) => score), [results]);
  const shown = cut(results, query.minScore);
  const open = hasNextPage && shown.length === results.length;
  const onNear = useCallback(() => {
    if (open && !isFetchingNextPage) void fetchNextPage();
  }, [open, isFetchingNextPage, fetchNextPage]);

  return (
    <section aria-labelledby="results" className="min-w-0">
      <div className="mb-5 flex min-h-10 flex-wrap items-center gap-x-4 gap-y-3">
        <h2 id="results" className="text-xl font-bold">
          {text.results.title}
        </h2>
        <p role="status" className="text-soft tabular-nums">
          {!isPending &&
            !found.isError &&
            (open ? text.results.countMore(shown.length) : text.results.count(shown.length))}
        </p>
        <div className="relative flex flex-wrap items-center gap-x-5 gap-y-3 xl:ml-auto">
          <ScoreSlider
            value={query.minScore}
            scores={scores}
            onChange={(minScore) => {
              onChange({ ...query, minScore });
            }}
          />
          <Switch
            words={text.results.collapse}
            on={query.collapse}
            onChange={(collapse) => {
              onChange({ ...query, collapse });
            }}
          />
          <LabelFilter
            collection={query.collection}
            chosen={query.labels}
            onChange={(labels) => {
              onChange({ ...query, labels });
            }}
          />
        </div>
      </div>
      {found.isError && <FailureNotice failure={failureOf(found.error)} onRetry={() => void found.refetch()} />}
      {isPending && <Skeleton />}
      {!isPending && !found.isError && shown.length === 0 && (
        <div className="rounded-3xl bg-well p-10 text-center">
          <p className="font-display text-xl font-semibold">{text.results.none}</p>
          <p className="mt-1 text-soft">{text.results.noneNext}</p>
        </div>
      )}
      {shown.length > 0 && !found.isError && (
        <>
          <ResultGrid query={query} results={shown} stale={isPlaceholderData} onOpen={onOpen} onWanted={onWanted} />
          {open ? <More onNear={onNear} /> : <p className="mt-10 text-center text-soft">{text.results.end}</p>}
        </>
      )}
    </section>
  );
}
