import { expect, test } from "vitest";
import { Failure } from "@/api/failure";
import { UploadQueue, type Gateway } from "./queue";
import type { Found } from "./scan";

const files = (...paths: string[]): Found[] => paths.map((path) => ({ path, file: new File([path], path) }));
const refusal = { type: "", title: "No", status: 422, detail: "It is damaged.", request_id: "", errors: [] };

/** A gateway that keeps digests, refuses files named "bad", and is busy as often as it is told. */
class FakeGateway implements Gateway {
  readonly stored = new Map<string, { label: string | undefined; source: unknown }>();
  busy = 0;
  rested = 0;
  mostTogether = 0;
  #together = 0;

  digest = (file: Blob) => file.text();

  known = (_: string, digests: string[]) =>
    Promise.resolve(new Set(digests.filter((digest) => this.stored.has(digest))));

  add: Gateway["add"] = async (_, file, { label, metadata }, onProgress) => {
    this.mostTogether = Math.max(this.mostTogether, ++this.#together);
    await Promise.resolve();
    this.#together -= 1;
    if (this.busy > 0) {
      this.busy -= 1;
      throw new Failure({ ...refusal, code: "overloaded", status: 503 }, 2);
    }
    const name = await file.text();
    if (name.includes("bad")) throw new Failure({ ...refusal, code: "undecodable_image" });
    onProgress(1);
    const created = !this.stored.has(name);
    this.stored.set(name, { label, source: metadata?.["source"] });
    return { created };
  };

  rest = (seconds: number) => {
    this.rested += seconds;
    return Promise.resolve();
  };
}

const stages = (queue: UploadQueue) => Object.fromEntries(queue.uploads().map(({ path, stage }) => [path, stage]));

test("each file is added with its folder's name as label and its path as source", async () => {
  const gateway = new FakeGateway();
  const queue = new UploadQueue(gateway);
  await queue.add("default", files("zoo/owl/1.jpg", "2.jpg"));
  expect(gateway.stored.get("zoo/owl/1.jpg")).toEqual({ label: "owl", source: "zoo/owl/1.jpg" });
  expect(gateway.stored.get("2.jpg")?.label).toBeUndefined();
  expect(stages(queue)).toEqual({ "zoo/owl/1.jpg": "added", "2.jpg": "added" });
});

test("what is there already is not sent again, so a folder can be resumed", async () => {
  const gateway = new FakeGateway();
  await new UploadQueue(gateway).add("default", files("a.jpg", "b.jpg"));
  gateway.add = () => Promise.reject(new Error("sent again"));
  const queue = new UploadQueue(gateway);
  await queue.add("default", files("a.jpg", "b.jpg"));
  expect(stages(queue)).toEqual({ "a.jpg": "there", "b.jpg": "there" });
});

test("a file that is refused keeps its reason and does not stop the others", async () => {
  const queue = new UploadQueue(new FakeGateway());
  await queue.add("default", files("a.jpg", "bad.jpg", "c.jpg"));
  expect(stages(queue)).toEqual({ "a.jpg": "added", "bad.jpg": "failed", "c.jpg": "added" });
  expect(queue.uploads()[1]?.failure?.problem?.detail).toBe("It is damaged.");
});

test("a busy gateway is asked again after the time that it names", async () => {
  const gateway = new FakeGateway();
  gateway.busy = 3;
  const queue = new UploadQueue(gateway);
  await queue.add("default", files("a.jpg"));
  expect(stages(queue)).toEqual({ "a.jpg": "added" });
  expect(gateway.rested).toBe(6);
});

test("a gateway that stays busy is not asked for ever, and the file can be tried again", async () => {
  const gateway = new FakeGateway();
  gateway.busy = 6;
  const queue = new UploadQueue(gateway);
  await queue.add("default", files("a.jpg"));
  expect(stages(queue)).toEqual({ "a.jpg": "failed" });
  await queue.retryFailed();
  expect(stages(queue)).toEqual({ "a.jpg": "added" });
});

test("many files are sent a few at a time", async () => {
  const gateway = new FakeGateway();
  const queue = new UploadQueue(gateway);
  await queue.add("default", files(...Array.from({ length: 100 }, (_, index) => `${index}.jpg`)));
  expect(gateway.stored.size).toBe(100);
  expect(gateway.mostTogether).toBeLessThanOrEqual(4);
  expect(gateway.mostTogether).toBeGreaterThan(1);
});

test("after a stop nothing more is sent, and what was added stays in the list", async () => {
  const gateway = new FakeGateway();
  const queue = new UploadQueue(gateway);
  const { add } = gateway;
  gateway.add = (...asked) => {
    if (gateway.stored.size >= 10) queue.stop();
    return add(...asked);
  };
  await queue.add("default", files(...Array.from({ length: 50 }, (_, index) => `${index}.jpg`)));
  expect(gateway.stored.size).toBeLessThan(20);
  expect(queue.uploads().length).toBeGreaterThan(0);
  expect(queue.uploads().every(({ stage }) => stage === "added")).toBe(true);
});
