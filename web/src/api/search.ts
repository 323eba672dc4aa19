import { formatRegion, type Example, type Query } from "@/search/query";
import { answer, api } from "./client";
import type { SearchResponse } from "./types";

/** Results a request: some screens full, so that scrolling is smooth and a photo is not sent for each. */
export const PAGE = 60;
/** Beyond this many results the gateway does not collapse near-duplicates, and nobody looks. */
export const MAX_RESULTS = 960;
/** Score from which on two results are near-duplicates of each other. */
const NEAR_DUPLICATE = 0.97;
/** "Less like" counts half: it turns a search without turning it over. */
const WEIGHTS = { more: 1, less: -0.5 } as const;

/** An example with the photo that its digest stands for. */
export interface Ready {
  readonly example: Example;
  readonly photo?: Blob;
}

/** Find what looks like the examples: `PAGE` results from `offset` on. */
export function search(
  query: Query,
  ready: readonly Ready[],
  offset: number,
  signal: AbortSignal,
): Promise<SearchResponse> {
  const { collection } = query;
  const options = optionsOf(query, offset);
  const addresses = ready.flatMap(({ example: { source, ...rest } }) =>
    source.kind === "address" ? [{ url: source.url, ...said(rest) }] : [],
  );
  const stored = ready.flatMap(({ example: { source, ...rest } }) =>
    source.kind === "stored" ? [{ id: source.id, ...said(rest) }] : [],
  );
  const params = { query: { collection } };
  if (addresses.length > 0) {
    return answer(api.POST("/v1/search/by-url", { params, body: { examples: addresses, ...options }, signal }));
  }
  const form = formOf(ready);
  if (!form.has("image")) {
    return answer(api.POST("/v1/search/by-id", { params, body: { examples: stored, ...options }, signal }));
  }
  if (stored.length > 0) form.set("examples", JSON.stringify(stored));
  const { filter, ...rest } = options;
  const inAddress = { collection, ...rest, ...(filter && { filter: JSON.stringify(filter) }) };
  return answer(api.POST("/v1/search", { params: { query: inAddress }, body: {}, bodySerializer: () => form, signal }));
}

/** The photos, each with its weight and its region, in fields of the same order. */
function formOf(ready: readonly Ready[]): FormData {
  const form = new FormData();
  for (const { photo, example } of ready) {
    if (!photo) continue;
    form.append("image", photo);
    form.append("weight", String(WEIGHTS[example.wanted]));
    form.append("region", example.region ? formatRegion(example.region) : "");
  }
  return form;
}

const said = ({ wanted, region }: Omit<Example, "source">) => ({ weight: WEIGHTS[wanted], ...(region && { region }) });

const optionsOf = (query: Query, offset: number) => ({
  k: PAGE,
  offset,
  ...(query.labels.length > 0 && { filter: { labels: [...query.labels] } }),
  ...(query.collapse && { collapse: NEAR_DUPLICATE }),
  ...(query.thorough && { quality: "high" as const }),
});
