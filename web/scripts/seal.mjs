// Makes the export fit for the strictest policy that a browser knows, and small on the wire.
//
// Next writes the page's data as inline scripts. They become a file a page, so that `script-src 'self'` is all that the
// page needs. What else the policy would block, and what would come from another host, fails the build.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const OUT = new URL("../out/", import.meta.url).pathname;
const INLINE = "_next/static/inline";
const TEXTS = new Set([".css", ".html", ".js", ".json", ".svg", ".txt"]);
/** Smaller files fit into a packet as they are. */
const COMPRESSED_FROM = 1024;

const files = (await readdir(OUT, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

await mkdir(join(OUT, INLINE), { recursive: true });
for (const page of files.filter((file) => extname(file) === ".html")) {
  const sealed = await withoutInlineScripts(await readFile(page, "utf8"));
  refuse(page, sealed);
  await writeFile(page, sealed);
}
const all = (await readdir(OUT, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
await Promise.all(all.map((entry) => compress(join(entry.parentPath, entry.name))));

async function withoutInlineScripts(html) {
  const scripts = [];
  const rest = html.replace(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g, (_, body) => {
    scripts.push(body);
    return "";
  });
  if (scripts.length === 0) return html;
  const code = scripts.join(";\n");
  const name = `${INLINE}/${createHash("sha256").update(code).digest("hex").slice(0, 16)}.js`;
  await writeFile(join(OUT, name), code);
  // At the end and not deferred: Next takes its data for complete when the document has been read.
  return rest.replace("</body>", `<script src="/${name}"></script></body>`);
}

function refuse(page, html) {
  const blocked = [
    ["an inline style", /<style[\s>]|<[^>]+\sstyle=/],
    ["an inline handler", /<[^>]+\son[a-z]+=/],
    ["an inline script", /<script(?![^>]*\ssrc=)/],
    ["something from another host", /<(?:script|link|img)[^>]+(?:src|href)="(?:https?:)?\/\//],
  ];
  for (const [what, pattern] of blocked) {
    const found = pattern.exec(html);
    if (!found) continue;
    const place = html.slice(found.index, found.index + 160);
    throw new Error(`${relative(OUT, page)} has ${what}, which its policy blocks: ${place}`);
  }
}

async function compress(file) {
  if (!TEXTS.has(extname(file))) return;
  const bytes = await readFile(file);
  if (bytes.length < COMPRESSED_FROM) return;
  const hint = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  await writeFile(`${file}.br`, brotliCompressSync(bytes, { params: hint }));
  await writeFile(`${file}.gz`, gzipSync(bytes, { level: 9 }));
}
