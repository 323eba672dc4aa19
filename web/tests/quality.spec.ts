import { gzipSync } from "node:zlib";
import axe from "axe-core";
import type { Page } from "@playwright/test";
import { cards, expect, picture, searchWith, test } from "./lookalike";

const BUDGET = 200_000;

// One of the addresses that are looked at leads nowhere.
test.use({ expected: /^Failed to load resource.*404/ });

/** What axe finds fault with, in short. */
async function faults(page: Page): Promise<string[]> {
  // Animations pass through colours that are not meant to be read.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => null))),
  );
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds no fault with any part of the page in ${colorScheme}`, async ({ page }) => {
    // It looks at nine views, each for seconds.
    test.slow();
    await page.emulateMedia({ colorScheme });
    await page.goto("/");
    await expect(page.getByRole("link", { name: /^Search for images like/ }).first()).toBeVisible();
    expect(await faults(page)).toEqual([]);
    await searchWith(page, "owl");
    await cards(page)
      .nth(1)
      .getByRole("button", { name: /^More like/ })
      .click({ force: true });
    await expect(page.getByRole("region", { name: "Your query" }).getByRole("listitem")).toHaveCount(2);
    await expect(page.getByRole("list", { name: "Results" })).toHaveAttribute("aria-busy", "false");
    await page.getByText("All labels", { exact: true }).click();
    expect(await faults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await cards(page).nth(0).getByRole("link").click();
    await expect(page.getByRole("dialog").getByTestId("heat")).toHaveCount(2);
    expect(await faults(page)).toEqual([]);
    await page.goto("/collection/");
    await cards(page).first().getByRole("button").click();
    await page.getByRole("dialog").getByRole("button", { name: "Edit" }).click();
    expect(await faults(page)).toEqual([]);
    for (const path of ["/collection/", "/duplicates/", "/status/", "/nowhere/"]) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await page.waitForLoadState("networkidle");
      expect(await faults(page), path).toEqual([]);
    }
  });
}

test("the first view loads less than 200 kB of compressed scripts", async ({ page }) => {
  const sizes: number[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() !== "script") return;
    expect(response.headers()["content-encoding"] ?? "small").toMatch(/br|gzip|small/);
    void response.body().then((body) => sizes.push(gzipSync(body).length));
  });
  await page.goto("/");
  await page.waitForLoadState("networkidle");
  expect(sizes.length).toBeGreaterThan(5);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(BUDGET);
});

test("nothing moves while the page and its results load", async ({ page }) => {
  await page.addInitScript(() => {
    const moves: unknown[] = [];
    Object.assign(globalThis, { moves });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        sources: { node?: Element }[];
      })[]) {
        moves.push({ value: entry.value, of: entry.sources.map(({ node }) => node?.className) });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  const moves = () => page.evaluate(() => (globalThis as unknown as { moves: { value: number }[] }).moves);
  const total = async () => (await moves()).reduce((sum, { value }) => sum + value, 0);
  for (const path of ["/", "/collection/", "/status/"]) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
    expect(await total(), `${path} ${JSON.stringify(await moves())}`).toBeLessThan(0.02);
  }
  await page.goto("/");
  await page.getByLabel("Choose a photo").setInputFiles(picture("owl"));
  await expect(cards(page).first()).toContainText("owl");
  await page.waitForLoadState("networkidle");
  expect(await total(), JSON.stringify(await moves())).toBeLessThan(0.02);
});

test("everything can be reached and used by the keyboard", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("link", { name: /^Search for images like/ }).first()).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Choose a photo")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: /^Search for images like/ }).first()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(cards(page).first()).toBeVisible();

  const part = page.getByRole("button", { name: "Search by a part" });
  await part.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Part of the image that is searched by" })).toBeFocused();
  await expect(page).toHaveURL(/@0\.25,0\.25,0\.5,0\.5$/);
  await page.keyboard.press("Escape");
  await expect(page).not.toHaveURL(/@/);

  await cards(page).first().getByRole("link").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(cards(page).first().getByRole("link")).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/&like=/);
});

test("thumbnails are loaded, not whole files, and those far below are not", async ({ page }) => {
  const loaded: string[] = [];
  page.on("request", (request) => {
    if (request.resourceType() === "image" && request.url().includes("/v1/")) loaded.push(request.url());
  });
  await searchWith(page, "owl");
  await page.waitForLoadState("networkidle");
  expect(loaded.every((url) => url.includes("/thumbnail"))).toBe(true);
  expect(loaded.length).toBeLessThan(60);
});
