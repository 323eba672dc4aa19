import { cards, expect, picture, test } from "./lookalike";

const { LOOKALIKE_KEYED_URL, LOOKALIKE_KEY } = process.env;

test.use({ baseURL: LOOKALIKE_KEYED_URL, expected: /^Failed to load resource.*401/ });

test("a gateway that wants a key gets one, and shows its pictures to it", async ({ page }) => {
  await page.goto("/");
  const dialog = page.getByRole("dialog", { name: "This gateway asks for an API key" });
  const enter = async (key: string) => {
    await dialog.getByLabel("API key").fill(key);
    await dialog.getByRole("button", { name: "Use this key" }).click();
  };
  await expect(dialog.getByLabel("API key")).toBeFocused();
  await enter("lookalike_wrong");
  await expect(dialog.getByRole("alert")).toHaveText("The gateway does not accept this key.");
  await enter(LOOKALIKE_KEY ?? "");
  await expect(dialog).toHaveCount(0);

  const shown = page.getByRole("img", { name: /^Search for images like/ }).first();
  await expect.poll(() => shown.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
  await page.getByLabel("Choose a photo").setInputFiles(picture("owl"));
  await expect(cards(page).first()).toContainText("owl");
  await page.reload();
  await expect(cards(page).first()).toContainText("owl");
});
