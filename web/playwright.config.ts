import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

/** The browser that the machine has: none is downloaded. */
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

// `tests/e2e/test_page.py` starts the services, and says where they and the pictures to search with are.
const { LOOKALIKE_URL, LOOKALIKE_PICTURES } = process.env;
if (!LOOKALIKE_URL || !LOOKALIKE_PICTURES) throw new Error("run `make test`, or pytest tests/e2e/test_page.py");

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  forbidOnly: true,
  // The services share the machine with the browser.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: {
    baseURL: LOOKALIKE_URL,
    locale: "en-GB",
    viewport: { width: 1280, height: 800 },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? CHROMIUM ?? "chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
