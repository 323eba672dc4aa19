"use client";

import { useQuery } from "@tanstack/react-query";
import { listLabels } from "@/api/images";
import type { LabelCount } from "@/api/types";
import { useHasImages } from "./collection";

const NONE: readonly LabelCount[] = [];

/** The labels of a collection, each with the number of images that have it; none until they are known. */
export function useLabels(collection: string): readonly LabelCount[] {
  const labels = useQuery({
    queryKey: ["labels", collection],
    queryFn: ({ signal }) => listLabels(collection, signal),
    enabled: useHasImages(collection),
  });
  return labels.data ?? NONE;
}
