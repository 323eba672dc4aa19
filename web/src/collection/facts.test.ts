import { expect, test } from "vitest";
import { factsOf, faultIn, patchOf, type Fact } from "./facts";

const metadata = { source: "a/owl.jpg", year: 2004, draft: true, gone: null };
const text = (key: string, written: string): Fact => ({ row: 99, key, kind: "text", written });

test("nothing that was changed is nothing that is sent", () => {
  expect(patchOf({ label: "owl", metadata }, " owl ", factsOf(metadata))).toBeUndefined();
});

test("only what has changed is sent, each value as the kind that it is", () => {
  const facts = factsOf(metadata).map((fact) => (fact.key === "year" ? { ...fact, written: "2005" } : fact));
  expect(patchOf({ label: "owl", metadata }, "owl", facts)).toEqual({ metadata: { year: 2005 } });
});

test("what is taken away is sent as null", () => {
  const facts = factsOf(metadata).filter(({ key }) => key !== "draft");
  expect(patchOf({ label: "owl", metadata }, "", facts)).toEqual({ label: null, metadata: { draft: null } });
});

test("a fact that gets another name is one that goes and one that comes", () => {
  const facts = factsOf({ year: 2004 }).map((fact) => ({ ...fact, key: "taken" }));
  expect(patchOf({ label: null, metadata: { year: 2004 } }, "", facts)).toEqual({
    metadata: { year: null, taken: 2004 },
  });
});

test("facts without a name, of the same name, or with a number that is none are not saved", () => {
  expect(faultIn([text("", "a")])).toEqual({ kind: "missing" });
  expect(faultIn([text("a", "1"), text("a", "2")])).toEqual({ kind: "twice", key: "a" });
  expect(faultIn([{ row: 0, key: "year", kind: "number", written: "last" }])).toEqual({ kind: "number", key: "year" });
  expect(faultIn(factsOf(metadata))).toBeUndefined();
});
