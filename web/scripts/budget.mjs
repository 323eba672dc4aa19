// Holds the page to its budget: the scripts that its first view loads, compressed as the gateway sends them.

import { readFile, stat } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const OUT = new URL("../out/", import.meta.url).pathname;
const BUDGET = 200_000;
const PAGES = ["index.html", "collection/index.html", "duplicates/index.html", "status/index.html"];

let over = false;
for (const page of PAGES) {
  const html = await readFile(`${OUT}${page}`, "utf8");
  // Browsers that know modules, and those are all that the page is made for, pass over what is marked `noModule`.
  const tags = html.match(/<script[^>]*\ssrc="[^"]+"[^>]*>/g) ?? [];
  const scripts = tags.filter((tag) => !/\snomodule/i.test(tag)).map((tag) => /\ssrc="([^"?]+)/.exec(tag)[1]);
  let gzip = 0;
  let brotli = 0;
  for (const script of new Set(scripts)) {
    const file = OUT + script.slice(1);
    const bytes = gzipSync(await readFile(file), { level: 9 }).length;
    gzip += bytes;
    brotli += await stat(`${file}.br`).then(
      ({ size }) => size,
      () => bytes,
    );
  }
  console.log(`${page}: ${scripts.length} scripts, ${gzip} bytes by gzip, ${brotli} by Brotli (budget ${BUDGET})`);
  over ||= scripts.length === 0 || gzip >= BUDGET;
}
process.exitCode = over ? 1 : 0;
