import { describe, expect, test } from "vitest";
import {
  emptyQuery,
  formatQuery,
  hrefOf,
  MAX_EXAMPLES,
  parseQuery,
  withExample,
  withoutExample,
  withRegion,
} from "./query";
import type { Example, Query, Source } from "./query";

const DIGEST = "ab".repeat(32);
const owl: Source = { kind: "stored", id: "owl-03.a_b" };
const photo: Source = { kind: "photo", digest: DIGEST };
const only = ({ examples: [example] }: Query): Example => example ?? expect.unreachable("the query is empty");
const read = (address: string) => parseQuery(new URLSearchParams(address));

describe("an address", () => {
  test.each<Query>([
    emptyQuery("default"),
    { ...emptyQuery("garden"), examples: [{ source: owl, wanted: "more" }] },
    {
      collection: "default",
      examples: [
        { source: photo, wanted: "more", region: { x: 0.25, y: 0, width: 0.5, height: 0.3333 } },
        { source: owl, wanted: "less" },
      ],
      labels: ["night owl", "a & b"],
      minScore: 0.61,
      collapse: false,
      thorough: true,
    },
    {
      ...emptyQuery("default"),
      examples: [{ source: { kind: "address", url: "https://example.org/a.jpg?b=1&c=2#d" }, wanted: "more" }],
    },
  ])("gives back the query that was written into it", (query) => {
    expect(parseQuery(formatQuery(query))).toEqual(query);
    expect(read(hrefOf(query).split("?")[1] ?? "")).toEqual(query);
  });

  test("can be read by people", () => {
    const examples = [{ source: owl, wanted: "more", region: { x: 0.1, y: 0.2, width: 0.3, height: 0.4 } }] as const;
    expect(hrefOf({ ...emptyQuery("default"), examples })).toBe("/?like=owl-03.a_b@0.1,0.2,0.3,0.4");
  });

  test("of a region says the same however often it is read and written", () => {
    for (let step = 1; step < 100; step += 1) {
      const region = { x: step / 100, y: 0, width: 1 - step / 100, height: 0.29 };
      const query = { ...emptyQuery("default"), examples: [{ source: owl, wanted: "more", region }] } as const;
      const once = hrefOf(query);
      expect(hrefOf(read(once.split("?")[1] ?? ""))).toBe(once);
      expect(read(once.split("?")[1] ?? "").examples[0]?.region).toBeDefined();
    }
  });

  test.each([
    ["like=../secret"],
    ["like=photo:123"],
    ["like=url:javascript:alert(1)"],
    ["like=url:file:///etc/passwd"],
    ["hate=owl"],
    ["like="],
  ])("that makes no sense is an empty query: %s", (address) => {
    expect(read(address).examples).toEqual([]);
  });

  test.each(["0.5,0.5,0.9,0.1", "0,0,0,1", "1,2,3", "0.1,0.1,x,0.1"])(
    "without a good region has none: %s",
    (region) => {
      expect(read(`like=owl@${region}`).examples.every((example) => example.region === undefined)).toBe(true);
    },
  );

  test.each(["-1", "7", "many"])("with a wrong similarity shows everything: %s", (min) => {
    expect(read(`like=owl&min=${min}`).minScore).toBe(0);
  });
});

describe("a query", () => {
  const start = withExample(emptyQuery("default"), photo, "more");

  test("grows by more and less", () => {
    const query = withExample(withExample(start, owl, "more"), { kind: "stored", id: "fox" }, "less");
    expect(query.examples.map(({ wanted }) => wanted)).toEqual(["more", "more", "less"]);
  });

  test("holds an image once: asked for otherwise, it is turned", () => {
    const query = withExample(withExample(start, owl, "more"), owl, "less");
    expect(query.examples).toHaveLength(2);
    expect(query.examples[1]).toEqual({ source: owl, wanted: "less" });
  });

  test("keeps the region of an image that is turned", () => {
    const region = { x: 0, y: 0, width: 0.5, height: 0.5 };
    const query = withExample(withRegion(start, only(start), region), photo, "less");
    expect(query.examples).toEqual([{ source: photo, wanted: "less", region }]);
  });

  test("of which only what is not wanted is left, is empty", () => {
    const query = withExample(start, owl, "less");
    expect(withoutExample(query, only(start)).examples).toEqual([]);
  });

  test("does not grow beyond what the gateway takes", () => {
    let query = start;
    for (let count = 0; count < 30; count += 1) query = withExample(query, { kind: "stored", id: `i${count}` }, "more");
    expect(query.examples).toHaveLength(MAX_EXAMPLES);
    expect(query.examples.at(-1)?.source).toEqual({ kind: "stored", id: "i29" });
  });
});
