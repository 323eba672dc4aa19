import "fake-indexeddb/auto";
import { beforeEach, expect, test, vi } from "vitest";
import { IDBFactory } from "fake-indexeddb";

/** The module as a page that has just been opened has it: what is in memory is gone, what is in the browser stays. */
async function openedPage() {
  vi.resetModules();
  return import("./photos");
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

test("a photo is found again after a reload, by the digest of its bytes", async () => {
  const digest = await (await openedPage()).keepPhoto(new Blob(["abc"]));
  expect(digest).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const found = await (await openedPage()).findPhoto(digest);
  expect(await found?.text()).toBe("abc");
});

test("a photo that was never kept is not found", async () => {
  expect(await (await openedPage()).findPhoto("00".repeat(32))).toBeUndefined();
});

test("the oldest photos are forgotten when there are many", async () => {
  const page = await openedPage();
  const digests: string[] = [];
  for (let count = 0; count < page.MAX_PHOTOS + 3; count += 1)
    digests.push(await page.keepPhoto(new Blob([`${count}`])));
  const reloaded = await openedPage();
  const found = await Promise.all(digests.map((digest) => reloaded.findPhoto(digest)));
  expect(found.filter(Boolean)).toHaveLength(page.MAX_PHOTOS);
  expect(found.at(-1)).toBeDefined();
});
