"use client";

import { useQuery } from "@tanstack/react-query";
import { readHeatMap } from "@/api/images";
import { keyOf, type Example } from "./query";
import { usePictures } from "./pictures";

/** Where a stored image matches an example, once it is `wanted`. */
export function useHeatMap(collection: string, id: string, example: Example | undefined, wanted: boolean) {
  const pictureOf = usePictures();
  return useQuery({
    queryKey: ["heat", collection, id, example && keyOf(example)],
    enabled: wanted && example !== undefined && example.source.kind !== "address",
    staleTime: Infinity,
    retry: false,
    queryFn: async ({ signal }) => {
      if (!example) throw new Error("not asked without an example");
      return readHeatMap(collection, id, await pictureOf(example, collection), example.region, signal);
    },
  }).data;
}
