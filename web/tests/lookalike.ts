import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test as base, type Locator, type Page } from "@playwright/test";

/** How many images the collection has: of each kind, and in all. */
export const PER_KIND = Number(process.env["LOOKALIKE_PER_KIND"]);
export const TOTAL = Number(process.env["LOOKALIKE_TOTAL"]);

/** Where pictures are that the collection has not: a folder for each kind. */
export const PICTURES = process.env["LOOKALIKE_PICTURES"] ?? "";

export const picture = (kind: string): string => join(PICTURES, kind, `${kind}-00.jpg`);

interface Watched {
  /** Messages of the console that a test expects. */
  expected: RegExp;
  /** Collections are for one test alone. */
  collection: string;
}

/** Every test fails where the page breaks its policy, throws, complains, or asks another host for anything. */
export const test = base.extend<Watched & { watch: undefined }>({
  expected: [/^$/, { option: true }],
  collection: async ({}, provide, { title }) => {
    await provide(`${title.replaceAll(/[^a-z]+/gi, "-").slice(0, 40)}-${Date.now()}`);
  },
  watch: [
    async ({ page, baseURL, expected }, provide) => {
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning")
          faults.push(`${message.text()} ${message.location().url}`);
      });
      page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(baseURL ?? "") && !url.startsWith("blob:")) faults.push(`asked another host: ${url}`);
      });
      await provide(undefined);
      expect(faults.filter((fault) => !expected.test(fault))).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** The results or images that are shown. */
export const cards = (page: Page): Locator => page.locator("[data-result]");

export const idsShown = (page: Page): Promise<(string | null)[]> =>
  cards(page).evaluateAll((shown) => shown.map((card) => card.getAttribute("data-result")));

/** Search with a picture of a kind, as by the file dialog. */
export async function searchWith(page: Page, kind: string): Promise<void> {
  await page.goto("/");
  await page.getByLabel("Choose a photo").setInputFiles(picture(kind));
  await expect(cards(page).first()).toContainText(kind);
}

/** Drop a file on the page, as from a folder of the desktop. */
export async function drop(page: Page, file: string): Promise<void> {
  const bytes = readFileSync(file).toString("base64");
  const data = await page.evaluateHandle((encoded) => {
    const transfer = new DataTransfer();
    const decoded = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    transfer.items.add(new File([decoded], "photo.jpg", { type: "image/jpeg" }));
    return transfer;
  }, bytes);
  for (const type of ["dragenter", "dragover", "drop"]) await page.dispatchEvent("body", type, { dataTransfer: data });
}
