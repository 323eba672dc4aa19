"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Failure } from "@/api/failure";
import { MAX_RESULTS, PAGE, search, type Ready } from "@/api/search";
import type { SearchResult } from "@/api/types";
import { findPhoto } from "./photos";
import type { Example, Query } from "./query";

/** What looks like the query, nearest first, page by page. */
export function useSearch(query: Query) {
  const asked = { ...query, minScore: 0 }; // the tail is cut here, without asking again
  const found = useInfiniteQuery({
    queryKey: ["search", asked],
    queryFn: async ({ pageParam, signal }) => {
      const ready = await Promise.all(query.examples.map(withPhoto));
      return search(query, ready, pageParam, signal);
    },
    initialPageParam: 0,
    getNextPageParam: (page, pages) => {
      const next = pages.length * PAGE;
      return page.results.length < PAGE || next >= MAX_RESULTS ? undefined : next;
    },
    enabled: query.examples.length > 0,
    placeholderData: keepPreviousData,
  });
  const results = useMemo(() => found.data?.pages.flatMap((page) => page.results) ?? [], [found.data]);
  return { ...found, results };
}

/** The results whose score is at least `minScore`: the first ones, for they are sorted. */
export const cut = (results: readonly SearchResult[], minScore: number): readonly SearchResult[] =>
  minScore <= 0 ? results : results.filter(({ score }) => score >= minScore);

/** Find the photo that an example stands for. */
export async function withPhoto(example: Example): Promise<Ready> {
  if (example.source.kind !== "photo") return { example };
  const photo = await findPhoto(example.source.digest);
  if (!photo) throw new Failure("photo_gone");
  return { example, photo };
}
