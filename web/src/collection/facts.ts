import type { ImagePatch, Metadata, MetadataValue } from "@/api/types";

/** Metadata as rows of a form, and the way back. */

/** A fact can also be null, which a merge patch cannot say: such facts stay as they are, or go. */
export type Kind = "text" | "number" | "yes" | "nothing";

export interface Fact {
  /** Tells rows apart while their names are being typed. */
  readonly row: number;
  readonly key: string;
  readonly kind: Kind;
  /** What stands in the field; of `yes` it is "true" or "false". */
  readonly written: string;
}

export type Fault = { readonly kind: "missing" } | { readonly kind: "twice" | "number"; readonly key: string };

export const factsOf = (metadata: Metadata): Fact[] =>
  Object.entries(metadata).map(([key, value], row) => ({
    row,
    key,
    kind: kindOf(value),
    written: value === null ? "" : String(value),
  }));

function kindOf(value: MetadataValue): Kind {
  switch (typeof value) {
    case "number":
      return "number";
    case "boolean":
      return "yes";
    case "string":
      return "text";
    default:
      return "nothing";
  }
}

/** Say what keeps the facts from being saved; undefined where nothing does. */
export function faultIn(facts: readonly Fact[]): Fault | undefined {
  const keys = new Set<string>();
  for (const { key, kind, written } of facts) {
    if (key === "") return { kind: "missing" };
    if (keys.has(key)) return { kind: "twice", key };
    if (kind === "number" && (written.trim() === "" || !Number.isFinite(Number(written))))
      return { kind: "number", key };
    keys.add(key);
  }
  return undefined;
}

/** Say what has changed, as a merge patch: null for what is gone. Undefined where nothing has. */
export function patchOf(
  before: { label: string | null; metadata: Metadata },
  label: string,
  facts: readonly Fact[],
): ImagePatch | undefined {
  const written = label.trim() === "" ? null : label.trim();
  const after: Metadata = Object.fromEntries(facts.map((fact) => [fact.key, valueOf(fact)]));
  const changed: Metadata = {};
  for (const key of Object.keys(before.metadata)) if (!(key in after)) changed[key] = null;
  for (const [key, value] of Object.entries(after)) {
    if (!(key in before.metadata) || before.metadata[key] !== value) changed[key] = value;
  }
  const patch: ImagePatch = {
    ...(written !== before.label && { label: written }),
    ...(Object.keys(changed).length > 0 && { metadata: changed }),
  };
  return Object.keys(patch).length > 0 ? patch : undefined;
}

function valueOf({ kind, written }: Fact): MetadataValue {
  switch (kind) {
    case "text":
      return written;
    case "number":
      return Number(written);
    case "yes":
      return written === "true";
    case "nothing":
      return null;
  }
}
