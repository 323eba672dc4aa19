import type { Problem } from "./types";

/** Kinds of failure that no answer of the gateway tells of. */
export type LocalCode = "unreachable" | "timeout" | "photo_gone" | "unknown";

/** Why something did not work: the gateway's problem document, or the lack of an answer. */
export class Failure extends Error {
  override readonly name = "Failure";
  /** Stable name of the kind of failure. */
  readonly code: string;
  /** Seconds after which it makes sense to try again, where the gateway says so. */
  readonly retryAfter: number | undefined;
  /** What the gateway says; undefined where it says nothing. */
  readonly problem: Problem | undefined;

  constructor(code: LocalCode | Problem, retryAfter?: number) {
    super(typeof code === "string" ? code : `${code.title}: ${code.detail}`);
    this.code = typeof code === "string" ? code : code.code;
    this.problem = typeof code === "string" ? undefined : code;
    this.retryAfter = retryAfter;
  }
}

/** Tell what failed in whatever was thrown. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof DOMException && thrown.name === "TimeoutError") return new Failure("timeout");
  // What `fetch` throws where no answer came.
  if (thrown instanceof TypeError) return new Failure("unreachable");
  return new Failure("unknown");
}

/** Tell what a refusal says: its body, and when to try again. */
export function refusalOf(body: unknown, retryAfter: string | null): Failure {
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  return new Failure(isProblem(body) ? body : "unknown", Number.isFinite(seconds) ? seconds : undefined);
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === "object" && body !== null && "code" in body && "title" in body && "detail" in body;
