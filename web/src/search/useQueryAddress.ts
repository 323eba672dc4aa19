"use client";

import { useSearchParams } from "next/navigation";
import { useMemo } from "react";
import { hrefOf, parseQuery, type Query } from "./query";

/** The query that the address holds, and the way to another one. */
export function useQueryAddress() {
  const parameters = useSearchParams();
  return useMemo(
    () => ({
      query: parseQuery(parameters),
      /** The image that is looked at more closely. */
      viewed: parameters.get("view") ?? undefined,
    }),
    [parameters],
  );
}

/** Go to a query, so that the back button returns to the one before. */
export function go(query: Query): void {
  window.history.pushState(null, "", hrefOf(query));
}

/** Change the query at hand, as while a slider moves. */
export function adjust(query: Query): void {
  window.history.replaceState(null, "", hrefOf(query));
}
