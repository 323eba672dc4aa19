import { expect, test } from "./lookalike";

test.describe("in Spanish", () => {
  test.use({ locale: "es-ES", colorScheme: "dark" });

  test("the page speaks the browser's language from the first paint on, and another if wished", async ({ page }) => {
    const seen: string[] = [];
    await page.exposeFunction("sawHeading", (text: string) => seen.push(text));
    await page.addInitScript(() => {
      const report = globalThis as unknown as { sawHeading: (text: string) => void };
      const look = () => {
        const heading = document.querySelector("h1");
        const visible = heading && getComputedStyle(heading).visibility === "visible";
        if (visible) report.sawHeading(heading.innerText);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    await page.goto("/");
    await expect(page.getByRole("heading", { name: "Suelta una foto." })).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("lang", "es");
    expect(seen.filter((text) => text.includes("Drop"))).toEqual([]);

    await page.getByLabel("Idioma").selectOption("English");
    await expect(page.getByRole("heading", { name: "Drop a photo." })).toBeVisible();
    await page.reload();
    await expect(page.getByRole("heading", { name: "Drop a photo." })).toBeVisible();
  });

  test("colours follow the system until somebody chooses", async ({ page }) => {
    await page.goto("/");
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.emulateMedia({ colorScheme: "light" });
    const light = await background();
    expect(light).not.toBe(dark);
    const choice = page.getByRole("button", { name: /^Apariencia/ });
    await choice.click();
    await choice.click();
    await expect(choice).toHaveAccessibleName("Apariencia: Oscuro");
    expect(await background()).toBe(dark);
    await page.reload();
    expect(await background()).toBe(dark);
  });
});
