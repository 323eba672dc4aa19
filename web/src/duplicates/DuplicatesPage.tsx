"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { listDuplicates } from "@/api/duplicates";
import { failureOf } from "@/api/failure";
import { useFormats, useText } from "@/text/language";
import { Button } from "@/ui/Button";
import { FailureNotice } from "@/ui/FailureNotice";
import { useCollection, useHasImages, useSize } from "@/ui/collection";
import { DuplicateGroup } from "./DuplicateGroup";

/** How much alike two images have to be to be shown, where nobody has said otherwise. */
const ALIKE = 0.95;
const AGAIN_MILLISECONDS = 1000;
const SETTLED_MILLISECONDS = 250;

export function DuplicatesPage() {
  const text = useText();
  const collection = useCollection();
  const [minScore, setMinScore] = useState(ALIKE);
  const hasImages = useHasImages(collection);
  const known = useSize(collection) !== undefined;
  const report = useInfiniteQuery({
    queryKey: ["duplicates", collection, minScore],
    queryFn: ({ pageParam, signal }) => listDuplicates(collection, minScore, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    enabled: hasImages,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // The first call makes the gateway look; until it has, it is asked again.
    refetchInterval: ({ state }) => (state.data?.pages.at(-1)?.ready === false ? AGAIN_MILLISECONDS : false),
  });
  useEffect(() => {
    document.title = `${text.duplicates.title} · Lookalike`;
  }, [text]);

  const pages = report.data?.pages ?? [];
  const looking = (report.isPending && !(known && !hasImages)) || pages.some(({ ready }) => !ready);
  const groups = pages.flatMap((page) => page.groups);
  return (
    <div className="mx-auto max-w-6xl pt-8">
      <div className="mb-8 flex flex-wrap items-end justify-between gap-4">
        <div>
          <h1 className="text-3xl font-bold tracking-tight sm:text-4xl">{text.duplicates.title}</h1>
          <p className="mt-1 text-soft">{text.duplicates.lead}</p>
        </div>
        <Threshold value={minScore} onChange={setMinScore} />
      </div>
      {report.isError ? (
        <FailureNotice failure={failureOf(report.error)} onRetry={() => void report.refetch()} />
      ) : looking ? (
        <Looking progress={pages[0]?.progress ?? 0} />
      ) : groups.length === 0 ? (
        <div className="rounded-3xl bg-well p-10 text-center">
          <p className="font-display text-xl font-semibold">{text.duplicates.none}</p>
          <p className="mt-1 text-soft">{text.duplicates.noneNext}</p>
        </div>
      ) : (
        <ul className="flex flex-col gap-6">
          {groups.map((group) => (
            <DuplicateGroup key={group.images[0]?.id} group={group} collection={collection} />
          ))}
        </ul>
      )}
      {report.hasNextPage && !looking && (
        <div className="mt-8 text-center">
          <Button onClick={() => void report.fetchNextPage()}>{text.duplicates.more}</Button>
        </div>
      )}
    </div>
  );
}

function Threshold({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const text = useText();
  const formats = useFormats();
  const id = useId();
  const [hand, setHand] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => {
      onChange(hand);
    }, SETTLED_MILLISECONDS);
    return () => {
      window.clearTimeout(timer);
    };
  }, [hand, onChange]);
  return (
    <div className="flex items-center gap-3">
      <label htmlFor={id} className="text-sm font-medium">
        {text.duplicates.threshold}
      </label>
      <input
        id={id}
        type="range"
        min={0.7}
        max={1}
        step={0.01}
        value={hand}
        aria-valuetext={formats.percent(hand)}
        onChange={(event) => {
          setHand(Number(event.target.value));
        }}
        className="range w-40"
      />
      <output htmlFor={id} className="w-12 text-sm text-soft tabular-nums">
        {formats.percent(hand)}
      </output>
    </div>
  );
}

function Looking({ progress }: { progress: number }) {
  const text = useText();
  return (
    <div role="status" className="rounded-3xl bg-well p-10 text-center">
      <p className="font-display text-xl font-semibold">{text.duplicates.looking}</p>
      <progress
        aria-label={text.duplicates.looking}
        max={1}
        value={progress}
        className="mx-auto mt-4 block progress w-full max-w-sm"
      />
    </div>
  );
}
