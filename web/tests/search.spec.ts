import { readFileSync } from "node:fs";
import { cards, drop, expect, idsShown, PER_KIND, picture, searchWith, test, TOTAL } from "./lookalike";

test("a photo that is chosen shows at once, and what looks like it comes", async ({ page }) => {
  await searchWith(page, "owl");
  await expect(page.getByRole("img", { name: "More like your photo" })).toBeVisible();
  const labels = await cards(page).locator("a + *, .font-medium").allTextContents();
  expect(labels.filter((label) => label === "owl").length).toBeGreaterThanOrEqual(PER_KIND - 2);
  await expect(cards(page).first()).toContainText(/\d+%/);
});

test("a photo can be dropped anywhere, and pasted", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Drop a photo" })).toBeVisible();
  await drop(page, picture("windmill"));
  await expect(cards(page).first()).toContainText("windmill");

  const bytes = readFileSync(picture("teapot")).toString("base64");
  await page.evaluate((encoded) => {
    const clipboardData = new DataTransfer();
    const decoded = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    clipboardData.items.add(new File([decoded], "photo.jpg", { type: "image/jpeg" }));
    window.dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
  }, bytes);
  await expect(cards(page).first()).toContainText("teapot");
});

test("the address holds the query: reload, back and forward find it again", async ({ page }) => {
  await searchWith(page, "owl");
  await expect(page).toHaveURL(/like=photo:[0-9a-f]{64}$/);
  const owls = await idsShown(page);
  await page.reload();
  await expect.poll(() => idsShown(page)).toEqual(owls);
  await expect(page.getByRole("img", { name: "More like your photo" })).toBeVisible();

  await page.getByRole("link", { name: "Start over" }).click();
  await expect(page.getByRole("heading", { name: "Drop a photo" })).toBeVisible();
  await page.goBack();
  await expect.poll(() => idsShown(page)).toEqual(owls);
  await page.goForward();
  await expect(page.getByRole("heading", { name: "Drop a photo" })).toBeVisible();
});

test("a search by a stored image can be shared with another browser", async ({ page, browser }) => {
  await page.goto("/");
  await page
    .getByRole("link", { name: /^Search for images like/ })
    .first()
    .click();
  await expect(cards(page).first()).toBeVisible();
  const other = await (await browser.newContext()).newPage();
  await other.goto(page.url());
  await expect.poll(() => idsShown(other)).toEqual(await idsShown(page));
});

test("more like and less like build up a query of several images", async ({ page }) => {
  await searchWith(page, "owl");
  const before = await idsShown(page);
  await cards(page).nth(1).hover();
  await cards(page)
    .nth(1)
    .getByRole("button", { name: /^More like/ })
    .click();
  await expect(page).toHaveURL(/like=photo:.*&like=/);
  await expect.poll(() => idsShown(page)).not.toEqual(before);
  await cards(page).nth(3).hover();
  await cards(page)
    .nth(3)
    .getByRole("button", { name: /^Less like/ })
    .click();
  await expect(page).toHaveURL(/&unlike=/);
  const query = page.getByRole("region", { name: "Your query" });
  await expect(query.getByRole("listitem")).toHaveCount(3);
  // What is in the query is not among what is found.
  const chosen = new URL(page.url()).searchParams.getAll("like")[1];
  await expect.poll(() => idsShown(page)).not.toContain(chosen);

  await query
    .getByRole("button", { name: /^Remove owl/ })
    .first()
    .click();
  await expect(query.getByRole("listitem")).toHaveCount(2);
  await page.goBack();
  await expect(query.getByRole("listitem")).toHaveCount(3);
});

test("the slider cuts the tail without another search", async ({ page }) => {
  await searchWith(page, "owl");
  const all = await cards(page).count();
  let searches = 0;
  page.on("request", (request) => (searches += Number(request.url().includes("/v1/search"))));
  await page.getByLabel("Similarity").fill("0.5");
  await expect(page.getByRole("status").filter({ hasText: "look" })).toContainText(/^\d+ images? looks? like this$/);
  expect(await cards(page).count()).toBeLessThan(all);
  for (const text of await cards(page).allTextContents())
    expect(Number(/(\d+)%/.exec(text)?.[1])).toBeGreaterThanOrEqual(50);
  await expect(page).toHaveURL(/min=0\.5/);
  expect(searches).toBe(0);
});

test("a search that looks longer finds the same kind in another order", async ({ page }) => {
  await searchWith(page, "owl");
  const before = await idsShown(page);
  await page.getByRole("switch", { name: "Look longer" }).check();
  await expect(page).toHaveURL(/&quality=high/);
  await expect.poll(() => idsShown(page)).not.toEqual(before);
  await expect(cards(page).first()).toContainText("owl");
  await page.goto(page.url());
  await expect(page.getByRole("switch", { name: "Look longer" })).toBeChecked();
});

test("a filter by labels leaves only images that have them", async ({ page }) => {
  await searchWith(page, "owl");
  await page.getByText("All labels", { exact: true }).click();
  await expect(page.getByLabel("Find a label")).toBeInViewport({ ratio: 1 });
  await page.getByLabel("Find a label").fill("cact");
  await page.getByRole("checkbox", { name: "cactus" }).check();
  await expect(cards(page)).toHaveCount(PER_KIND);
  await expect(page.getByText("1 label", { exact: true })).toBeVisible();
  await expect(page).toHaveURL(/label=cactus/);
});

test("more comes while scrolling, until all is there", async ({ page }) => {
  await searchWith(page, "owl");
  await page.getByRole("switch", { name: "Hide near-duplicates" }).uncheck();
  await expect(page).toHaveURL(/duplicates=shown/);
  await expect(cards(page)).toHaveCount(60);
  await cards(page).last().scrollIntoViewIfNeeded();
  await expect.poll(() => cards(page).count()).toBeGreaterThan(60);
  await expect(async () => {
    await cards(page).last().scrollIntoViewIfNeeded();
    await expect(page.getByText("That is all.")).toBeVisible({ timeout: 500 });
  }).toPass();
  const ids = await idsShown(page);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBe(TOTAL);
});

test("a box on the photo searches by a part of it", async ({ page }) => {
  await searchWith(page, "owl");
  const before = await cards(page).allTextContents();
  const box = await page.getByTestId("region").boundingBox();
  if (!box) throw new Error("the photo is not there");
  await page.mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.25);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5, { steps: 4 });
  await page.mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.75, { steps: 4 });
  await page.mouse.up();
  await expect(page).toHaveURL(/@0\.2[45]\d*,0\.2[45]\d*,0\.[45]\d*,0\.[45]\d*$/);
  await expect.poll(() => cards(page).allTextContents()).not.toEqual(before);

  const part = page.getByRole("button", { name: "Part of the image that is searched by" });
  await part.focus();
  const drawn = page.url();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Shift+ArrowDown");
  await expect(page).not.toHaveURL(drawn);
  await page.keyboard.press("Delete");
  await expect(part).toHaveCount(0);
  await expect.poll(() => cards(page).allTextContents()).toEqual(before);
});

test("looking at a result shows what matched, and a closer look shows it in both images", async ({ page }) => {
  await searchWith(page, "owl");
  await cards(page).nth(2).hover();
  await expect(cards(page).nth(2).getByTestId("heat")).toBeVisible();
  await cards(page).nth(2).getByRole("link").click();
  const dialog = page.getByRole("dialog", { name: "owl" });
  await expect(dialog.getByTestId("heat")).toHaveCount(2);
  await expect(dialog).toContainText("owl/owl-");
  await expect(dialog).toContainText("400 × 300 pixels");
  await dialog.getByRole("switch", { name: "Why it was found" }).uncheck();
  await expect(dialog.getByTestId("heat")).toHaveCount(0);

  const viewed = new URL(page.url()).searchParams.get("view");
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => new URL(page.url()).searchParams.get("view")).not.toBe(viewed);
  await page.goBack();
  await expect(dialog).toHaveCount(0);
  await expect(page).not.toHaveURL(/view=/);
});
