import { failureOf, type Failure } from "@/api/failure";
import type { Facts } from "@/api/images";
import { labelOf, type Found } from "./scan";

/** Adds many files to a collection: each with its progress, none of them stopping the others. */

export type Stage = "waiting" | "checking" | "sending" | "added" | "there" | "failed";

export interface Upload {
  readonly path: string;
  readonly collection: string;
  readonly file: File;
  readonly stage: Stage;
  /** Share of the file that has been sent. */
  readonly sent: number;
  readonly failure?: Failure;
}

/** What the queue asks of the gateway and of the browser. */
export interface Gateway {
  digest: (file: Blob) => Promise<string>;
  known: (collection: string, digests: string[], signal: AbortSignal) => Promise<ReadonlySet<string>>;
  add: (
    collection: string,
    file: Blob,
    facts: Facts,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ) => Promise<{ created: boolean }>;
  /** Wait so many seconds. */
  rest: (seconds: number, signal: AbortSignal) => Promise<void>;
}

/** Files under way together: enough to keep the network busy, few enough to leave room for others' searches. */
const TOGETHER = 4;
/** Digests a question: which files are there already is asked before they are sent. */
const CHECKED_TOGETHER = 32;
const TRIES = 6;

/** Listeners hear of changes at most this often: a large folder makes thousands. */
const TOLD_MILLISECONDS = 60;

export class UploadQueue {
  readonly #gateway: Gateway;
  readonly #listeners = new Set<() => void>();
  readonly #uploads = new Map<string, Upload>();
  #snapshot: readonly Upload[] = [];
  #telling: ReturnType<typeof setTimeout> | undefined;
  #stopping = new AbortController();
  #work: Promise<void> | undefined;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** All uploads as listeners were last told of them. */
  uploads = (): readonly Upload[] => this.#snapshot;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Add files; resolves when all that was asked for so far is over. */
  add(collection: string, found: readonly Found[]): Promise<void> {
    for (const { file, path } of found) {
      const upload: Upload = { file, path, collection, stage: "waiting", sent: 0 };
      const before = this.#uploads.get(keyOf(upload));
      if (!before || isOver(before)) this.#uploads.set(keyOf(upload), upload);
    }
    return this.#run();
  }

  retryFailed(): Promise<void> {
    for (const { file, path, collection, stage } of this.#uploads.values()) {
      if (stage === "failed") this.#put({ file, path, collection, stage: "waiting", sent: 0 });
    }
    return this.#run();
  }

  /** Call everything off that is not over. What was added stays. */
  stop(): void {
    this.#stopping.abort();
    this.#stopping = new AbortController();
    this.#keep(isOver);
  }

  /** Forget what is over. */
  clear(): void {
    this.#keep((upload) => !isOver(upload));
  }

  #run(): Promise<void> {
    this.#tell();
    this.#work ??= this.#workOff().finally(() => {
      this.#work = undefined;
    });
    return this.#work;
  }

  async #workOff(): Promise<void> {
    for (;;) {
      const waiting = [...this.#uploads.values()].filter(({ stage }) => stage === "waiting");
      const [first] = waiting;
      if (!first) break;
      const { signal } = this.#stopping;
      const batch = waiting.filter(({ collection }) => collection === first.collection).slice(0, CHECKED_TOGETHER);
      const missing = await this.#missing(batch, signal);
      await inParallel(missing, TOGETHER, (upload) => this.#send(upload, signal));
    }
    this.#tell();
  }

  /** Those of the files that the collection has not. */
  async #missing(batch: readonly Upload[], signal: AbortSignal): Promise<readonly Upload[]> {
    for (const upload of batch) this.#change(upload, { stage: "checking" });
    try {
      const digests = await Promise.all(batch.map(({ file }) => this.#gateway.digest(file)));
      const known = await this.#patiently(
        () => this.#gateway.known(batch[0]?.collection ?? "", digests, signal),
        signal,
      );
      for (const [index, upload] of batch.entries()) {
        if (known.has(digests[index] ?? "")) this.#change(upload, { stage: "there" });
      }
      return batch.filter((_, index) => !known.has(digests[index] ?? ""));
    } catch (thrown) {
      for (const upload of batch) this.#fail(upload, thrown, signal);
      return [];
    }
  }

  async #send(upload: Upload, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#change(upload, { stage: "sending" });
    const label = labelOf(upload.path);
    const facts = { label, metadata: { source: upload.path } };
    const onProgress = (sent: number) => {
      this.#change(upload, { sent });
    };
    try {
      const send = () => this.#gateway.add(upload.collection, upload.file, facts, onProgress, signal);
      const { created } = await this.#patiently(send, signal);
      this.#change(upload, { stage: created ? "added" : "there" });
    } catch (thrown) {
      this.#fail(upload, thrown, signal);
    }
  }

  /** Try again for as long as the gateway says that it makes sense. */
  async #patiently<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt();
      } catch (thrown) {
        const { retryAfter } = failureOf(thrown);
        if (retryAfter === undefined || tries === TRIES || signal.aborted) throw thrown;
        await this.#gateway.rest(retryAfter, signal);
      }
    }
  }

  #fail(upload: Upload, thrown: unknown, signal: AbortSignal): void {
    if (!signal.aborted) this.#change(upload, { stage: "failed", failure: failureOf(thrown) });
  }

  #change(upload: Upload, change: Partial<Upload>): void {
    const now = this.#uploads.get(keyOf(upload));
    if (now) this.#put({ ...now, ...change });
  }

  #put(upload: Upload): void {
    this.#uploads.set(keyOf(upload), upload);
    this.#telling ??= setTimeout(() => {
      this.#tell();
    }, TOLD_MILLISECONDS);
  }

  #keep(wanted: (upload: Upload) => boolean): void {
    for (const [key, upload] of this.#uploads) if (!wanted(upload)) this.#uploads.delete(key);
    this.#tell();
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.#snapshot = [...this.#uploads.values()];
    for (const listener of this.#listeners) listener();
  }
}

const keyOf = ({ collection, path }: Pick<Upload, "collection" | "path">): string => `${collection}/${path}`;

export const isOver = ({ stage }: Pick<Upload, "stage">): boolean =>
  stage === "added" || stage === "there" || stage === "failed";

async function inParallel<T>(items: readonly T[], together: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: together }, worker));
}
