import { cards, expect, picture, searchWith, test } from "./lookalike";

test.use({ expected: /^Failed to load resource/ });

test("a file that is no image is refused in the words of the gateway, with what to do next", async ({ page }) => {
  await page.goto("/");
  await page
    .getByLabel("Choose a photo")
    .setInputFiles({ name: "notes.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") });
  const alert = page.getByRole("alert").filter({ hasText: "format" });
  await expect(alert).toContainText("The file is not an image of a supported format");
  await expect(alert).toContainText("Save the picture as JPEG or PNG");
  await expect(alert).toContainText(/Request [0-9a-f]{32}/);
});

test("a gateway that is away is told of, and tried again", async ({ page, context }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Drop a photo" })).toBeVisible();
  await context.setOffline(true);
  await page.getByLabel("Choose a photo").setInputFiles(picture("owl"));
  await expect(page.getByRole("alert").filter({ hasText: "gateway" })).toContainText("The gateway cannot be reached");
  await context.setOffline(false);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(cards(page).first()).toContainText("owl");
});

test("a photo of another browser is asked for again", async ({ page, browser }) => {
  await searchWith(page, "owl");
  const other = await (await browser.newContext({ locale: "en-GB" })).newPage();
  await other.goto(page.url());
  await expect(other.getByRole("alert").filter({ hasText: "photo" })).toContainText("This photo is in another browser");
});

test("an image that is gone is told of", async ({ page }) => {
  await page.goto("/?like=no-such-image");
  await expect(page.getByRole("alert").filter({ hasText: "Request" })).toContainText("It may have been deleted since");
});

test("a wrong address leads back", async ({ page }) => {
  await page.goto("/colection/");
  await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
  await page.getByRole("link", { name: "Go to the search" }).click();
  await expect(page.getByRole("heading", { name: "Drop a photo" })).toBeVisible();
});
