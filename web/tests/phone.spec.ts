import { cards, expect, picture, test } from "./lookalike";

test.use({ viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });

test("the page fits a phone, with its camera and its buttons in reach", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByLabel("Take a photo")).toHaveAttribute("capture", "environment");
  await page.getByLabel("Choose a photo").setInputFiles(picture("owl"));
  await expect(cards(page).first()).toContainText("owl");
  await expect(
    cards(page)
      .first()
      .getByRole("button", { name: /^More like/ }),
  ).toBeVisible();
  await page.getByText("All labels", { exact: true }).tap();
  await expect(page.getByLabel("Find a label")).toBeInViewport({ ratio: 1 });
  for (const path of [page.url(), "/collection/", "/duplicates/", "/status/"]) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
    const [inner, scrolled] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
    expect(scrolled, path).toBeLessThanOrEqual(inner);
  }
});

test("a finger draws a box once it is said that it shall", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("Choose a photo").setInputFiles(picture("owl"));
  await page.getByRole("button", { name: "Search by a part" }).tap();
  await expect(page).toHaveURL(/@0\.25,0\.25,0\.5,0\.5$/);
  await page.getByRole("button", { name: "Whole image" }).tap();
  await expect(page).not.toHaveURL(/@/);
});
