import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { cards, expect, idsShown, picture, PICTURES, test, TOTAL } from "./lookalike";

// A file among those that are added is no picture.
test.use({ expected: /^Failed to load resource.*415/ });

/** A folder of five kinds with a picture each, a damaged one and a file that is none. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "lookalike-page-"));
  for (const kind of ["owl", "clock", "fish", "house", "cactus"]) {
    cpSync(join(PICTURES, kind), join(path, "zoo", kind), { recursive: true });
  }
  writeFileSync(join(path, "zoo", "owl", "broken.jpg"), "this is no picture");
  writeFileSync(join(path, "zoo", "notes.txt"), "nor is this");
  return join(path, "zoo");
}

async function addFolder(page: Page, collection: string, path = folder()): Promise<void> {
  await page.goto(`/collection/?collection=${collection}`);
  await page.getByLabel("Choose a folder").setInputFiles(path);
  await expect(page.getByRole("heading", { name: "Adding images" })).toBeVisible();
}

test("an empty collection says what to do", async ({ page, collection }) => {
  await page.goto(`/?collection=${collection}`);
  await expect(page.getByRole("heading", { name: "There are no images here yet." })).toBeVisible();
  await page.getByRole("link", { name: "Add images" }).click();
  await expect(page.getByText("lookalike ingest DIR")).toBeVisible();
});

test("a folder is added file by file, and a bad one fails with its reason", async ({ page, collection }) => {
  const path = folder();
  await addFolder(page, collection, path);
  const uploads = page.getByRole("region", { name: "Adding images" });
  await expect(uploads.getByRole("status")).toHaveText("5 added, 0 were there already, 1 failed");
  const failed = uploads.getByRole("listitem").filter({ hasText: "broken.jpg" });
  await expect(failed).toContainText("Send a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF image.");
  await expect(uploads).toContainText("1 file is not an image");
  await expect(cards(page)).toHaveCount(5);
  await expect(page.getByRole("button", { name: "cactus 1" })).toBeVisible();

  // The same folder again: nothing is doubled, nothing is sent.
  await page.reload();
  await addFolder(page, collection, path);
  await expect(uploads.getByRole("status")).toHaveText("0 added, 5 were there already, 1 failed");
  await page.getByRole("button", { name: "cactus 1" }).click();
  await expect(cards(page)).toHaveCount(1);
  await expect(page).toHaveURL(/label=cactus/);
});

test("label and metadata are edited, and searches see it", async ({ page, collection }) => {
  await addFolder(page, collection);
  await page.getByRole("button", { name: "owl. Open" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Edit" }).click();
  await dialog.getByLabel("Label").fill("night bird");
  await dialog.getByRole("button", { name: "Add a fact" }).click();
  await dialog.getByLabel("Name", { exact: true }).last().fill("year");
  await dialog.getByLabel("Kind").last().selectOption("Number");
  await dialog.getByLabel("Value").last().fill("two thousand");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert")).toContainText("“year” is not a number.");
  await dialog.getByLabel("Value").last().fill("2004");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("heading", { name: "night bird" })).toBeVisible();
  await expect(dialog).toContainText("2,004");
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("button", { name: "night bird 1" })).toBeVisible();
});

test("a deletion can be undone, and is carried out where it is not", async ({ page, request, collection }) => {
  await addFolder(page, collection);
  await expect(cards(page)).toHaveCount(5);
  const remove = async () => {
    await page.getByRole("button", { name: "clock. Open" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await expect(cards(page)).toHaveCount(4);
  };
  const stored = async () => {
    const listed = (await (await request.get(`/v1/images?collection=${collection}`)).json()) as { images: unknown[] };
    return listed.images.length;
  };
  await remove();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(cards(page)).toHaveCount(5);
  await remove();
  expect(await stored()).toBe(5);
  await expect.poll(stored, { timeout: 20_000 }).toBe(4);
  await expect(cards(page)).toHaveCount(4);
});

test("a deletion is carried out when the page is left", async ({ page, request, collection }) => {
  await addFolder(page, collection);
  await expect(cards(page)).toHaveCount(5);
  const [id] = await idsShown(page);
  await cards(page).first().getByRole("button").click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(cards(page)).toHaveCount(4);
  await page.goto("about:blank");
  const status = async () => (await request.get(`/v1/images/${id ?? ""}?collection=${collection}`)).status();
  await expect.poll(status).toBe(404);
});

test("images that look the same are reviewed, and those that are kept are not shown again", async ({
  page,
  request,
  collection,
}) => {
  await page.goto(`/collection/?collection=${collection}`);
  for (const name of ["a", "b"]) {
    await request.put(`/v1/images/${name}?collection=${collection}`, {
      multipart: { image: { name: "owl.jpg", mimeType: "image/jpeg", buffer: await readPicture() }, label: "owl" },
    });
  }
  await page.goto(`/duplicates/?collection=${collection}`);
  await expect(page.getByRole("heading", { name: "2 images" })).toBeVisible();
  await page.getByRole("button", { name: "Keep all" }).click();
  await expect(page.getByText("There are no images this much alike.")).toBeVisible();
});

async function readPicture(): Promise<Buffer> {
  const { readFile } = await import("node:fs/promises");
  return readFile(picture("owl"));
}

test("the status tells what runs and what it holds", async ({ page }) => {
  await page.goto("/status/");
  await expect(page.getByText("Everything works")).toBeVisible();
  await expect(page.getByText("centred", { exact: true })).toBeVisible();
  await expect(page.getByText(`${TOTAL} images`).first()).toBeVisible();
});
