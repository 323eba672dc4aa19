import { answer, api } from "./client";
import type { DuplicateList } from "./types";

/** Groups a page. */
const PAGE = 20;

/** Groups of images that look the same. While `ready` is false the gateway is still looking for them. */
export const listDuplicates = (
  collection: string,
  minScore: number,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<DuplicateList> => {
  const query = { collection, min_score: minScore, limit: PAGE, ...(cursor !== undefined && { cursor }) };
  return answer(api.GET("/v1/duplicates", { params: { query }, signal }));
};

/** Remember that these are different things, so that they are not shown again. */
export const decideDistinct = (collection: string, ids: string[]): Promise<unknown> =>
  answer(
    api.PUT("/v1/duplicates/decisions", { params: { query: { collection } }, body: { ids, verdict: "distinct" } }),
  );
