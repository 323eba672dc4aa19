/** SHA-256 of a file in hexadecimal digits, as the gateway names files. */
export async function sha256(file: Blob): Promise<string> {
  const bytes = await file.arrayBuffer();
  // Browsers lend their own only to pages that came over https or from this machine.
  const digest = "subtle" in crypto ? await crypto.subtle.digest("SHA-256", bytes) : await computed(bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function computed(bytes: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
  const { sha256 } = await import("@noble/hashes/sha2.js");
  return new Uint8Array(sha256(new Uint8Array(bytes)));
}
