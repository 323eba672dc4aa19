"use client";

import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "next/navigation";
import { readStats } from "@/api/operations";
import { DEFAULT_COLLECTION } from "@/search/query";

/** The collection that the address names. */
export const useCollection = (): string => useSearchParams().get("collection") ?? DEFAULT_COLLECTION;

/** What runs and what it holds. */
export const useStats = () => useQuery({ queryKey: ["stats"], queryFn: ({ signal }) => readStats(signal) });

/** How many images a collection holds; undefined while nobody knows. */
export function useSize(collection: string): number | undefined {
  const stats = useStats().data;
  return stats && (stats.search.collections.find(({ name }) => name === collection)?.images ?? 0);
}

/** Whether there may be images to ask for: a collection that holds none is not known to the gateway. */
export function useHasImages(collection: string): boolean {
  const size = useSize(collection);
  const { isPending } = useStats();
  return !isPending && size !== 0;
}

/** The path of a part of the page, in the same collection. */
export const hrefIn = (path: string, collection: string): string =>
  collection === DEFAULT_COLLECTION ? path : `${path}?${new URLSearchParams({ collection }).toString()}`;
