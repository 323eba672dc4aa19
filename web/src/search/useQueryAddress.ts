"use client";

import { useSearchParams } from "next/navigation";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { hrefOf, parseQuery, type Query } from "./query";

// Next tells of a new address in a transition, some frames later: a switch would spring back until then. What is done
// here shows at once.
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

function tell(): void {
  for (const listener of listeners) listener();
}

/** The query that the address holds, and the image that is looked at more closely. */
export function useQueryAddress(): { query: Query; viewed: string | undefined } {
  const told = useSearchParams();
  const address = useSyncExternalStore(
    subscribe,
    () => window.location.search,
    () => "",
  );
  // The way by a link, which Next goes by itself.
  useEffect(tell, [told]);
  return useMemo(() => {
    const parameters = new URLSearchParams(address);
    return { query: parseQuery(parameters), viewed: parameters.get("view") ?? undefined };
  }, [address]);
}

/** Go to a query, so that the back button returns to the one before. */
export function go(query: Query, view?: string): void {
  window.history.pushState(null, "", addressOf(query, view));
  tell();
}

/** Change the query at hand, as while a slider moves. */
export function adjust(query: Query, view?: string): void {
  window.history.replaceState(null, "", addressOf(query, view));
  tell();
}

function addressOf(query: Query, view: string | undefined): string {
  const address = hrefOf(query);
  if (view === undefined) return address;
  return `${address}${address.includes("?") ? "&" : "?"}view=${view}`;
}
