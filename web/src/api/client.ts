import createClient from "openapi-fetch";
import { failureOf, refusalOf, type Failure } from "./failure";
import { askForKey, keyState } from "./key";
import type { paths } from "./schema";

/** Longer than the gateway's own deadlines: it has the first word on what took too long. */
export const TIMEOUT_MILLISECONDS = 60_000;

/** The gateway's API as its OpenAPI document describes it. Every call goes through `answer`. */
export const api = createClient<paths>({
  baseUrl: "",
  fetch: (request) => {
    for (const [name, value] of Object.entries(authorization())) request.headers.set(name, value);
    return fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MILLISECONDS)]) });
  },
});

/** Give what a call answers, or throw a `Failure`. */
export async function answer<T>(
  call: Promise<{ data?: T | undefined; error?: unknown; response: Response }>,
): Promise<T> {
  try {
    const { data, error, response } = await call;
    if (response.ok && data !== undefined) return data;
    throw refused(refusalOf(error, response.headers.get("retry-after")));
  } catch (thrown) {
    // A call that was called off is nobody's failure.
    if (thrown instanceof DOMException && thrown.name === "AbortError") throw thrown;
    throw failureOf(thrown);
  }
}

/** Ask for a key where the lack of one is the reason. */
export function refused(failure: Failure): Failure {
  if (failure.code === "unauthorized") askForKey();
  return failure;
}

/** The header that shows the key, if there is one. */
export function authorization(): Record<string, string> {
  const { key } = keyState();
  return key === undefined ? {} : { Authorization: `Bearer ${key}` };
}
