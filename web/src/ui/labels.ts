"use client";

import { useQuery } from "@tanstack/react-query";
import { listLabels } from "@/api/images";
import type { LabelCount } from "@/api/types";

const NONE: readonly LabelCount[] = [];

/** The labels of a collection, each with the number of images that have it; none until they are known. */
export function useLabels(collection: string): readonly LabelCount[] {
  const labels = useQuery({
    queryKey: ["labels", collection],
    queryFn: ({ signal }) => listLabels(collection, signal),
  });
  return labels.data ?? NONE;
}
