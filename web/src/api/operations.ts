import { answer, api } from "./client";
import type { Readiness, Stats } from "./types";

export const readStats = (signal: AbortSignal): Promise<Stats> => answer(api.GET("/v1/stats", { signal }));

/** Whether the services can do their work; an answer of 503 says so too. */
export async function readReadiness(signal: AbortSignal): Promise<Readiness> {
  const call = api.GET("/readyz", { signal }).then(({ data, error, response }) => {
    const readiness = data ?? ("ready" in error ? error : undefined);
    return readiness ? { data: readiness, response: new Response() } : { error, response };
  });
  return answer(call);
}
