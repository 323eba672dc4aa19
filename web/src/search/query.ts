/** A query as the address holds it: what can be shared, and what the back button returns to. */

/** A rectangle in fractions of an image's width and height; 0, 0 is the upper left corner. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A stored image, a photo that this browser keeps, or an image elsewhere that the gateway fetches. */
export type Source =
  | { readonly kind: "stored"; readonly id: string }
  | { readonly kind: "photo"; readonly digest: string }
  | { readonly kind: "address"; readonly url: string };

export interface Example {
  readonly source: Source;
  readonly wanted: "more" | "less";
  readonly region?: Region;
}

export interface Query {
  readonly collection: string;
  readonly examples: readonly Example[];
  readonly labels: readonly string[];
  /** Results with a smaller score are not shown. */
  readonly minScore: number;
  /** Near-duplicates of a nearer result are left out. */
  readonly collapse: boolean;
  /** Whether a search takes twice the work, for a better order. */
  readonly thorough: boolean;
}

export const DEFAULT_COLLECTION = "default";
export const MAX_EXAMPLES = 16;
const WANTED = { like: "more", unlike: "less" } as const;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const REGION = /@([\d.]+),([\d.]+),([\d.]+),([\d.]+)$/;

export const emptyQuery = (collection: string): Query => ({
  collection,
  examples: [],
  labels: [],
  minScore: 0,
  collapse: true,
  thorough: false,
});

/** Read an address. What is not understood is left out: an address may have been typed, cut or made by a later version. */
export function parseQuery(parameters: URLSearchParams): Query {
  const examples: Example[] = [];
  for (const [name, value] of parameters) {
    if (name !== "like" && name !== "unlike") continue;
    const example = parseExample(value, WANTED[name]);
    if (example && examples.length < MAX_EXAMPLES) examples.push(example);
  }
  const minScore = Number(parameters.get("min") ?? 0);
  return {
    collection: parameters.get("collection") ?? DEFAULT_COLLECTION,
    examples,
    labels: parameters.getAll("label").filter((label) => label !== ""),
    minScore: minScore > 0 && minScore <= 1 ? minScore : 0,
    collapse: parameters.get("duplicates") !== "shown",
    thorough: parameters.get("quality") === "high",
  };
}

/** Write an address, without what it would be anyway. */
export function formatQuery(query: Query): URLSearchParams {
  const parameters = new URLSearchParams();
  if (query.collection !== DEFAULT_COLLECTION) parameters.set("collection", query.collection);
  for (const example of query.examples) {
    parameters.append(example.wanted === "more" ? "like" : "unlike", formatExample(example));
  }
  for (const label of query.labels) parameters.append("label", label);
  if (query.minScore > 0) parameters.set("min", String(query.minScore));
  if (!query.collapse) parameters.set("duplicates", "shown");
  if (query.thorough) parameters.set("quality", "high");
  return parameters;
}

/** The query's path and parameters on this site. */
export function hrefOf(query: Query): string {
  // Colons, commas and @ may stand in a query; left as they are, the address can be read.
  const written = formatQuery(query).toString().replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%40", "@");
  return written === "" ? "/" : `/?${written}`;
}

/** Tells examples apart: a source with its region. */
export const keyOf = (example: Example): string => formatExample(example);

export const keyOfSource = (source: Source): string => {
  switch (source.kind) {
    case "stored":
      return source.id;
    case "photo":
      return `photo:${source.digest}`;
    case "address":
      return `url:${source.url}`;
  }
};

/** Ask for more or less like a source: added to the query, or changed where it is in it already. */
export function withExample(query: Query, source: Source, wanted: Example["wanted"]): Query {
  const key = keyOfSource(source);
  const others = query.examples.filter((example) => keyOfSource(example.source) !== key);
  if (others.length < query.examples.length) {
    const changed = query.examples.map((example) =>
      keyOfSource(example.source) === key ? { ...example, wanted } : example,
    );
    return { ...query, examples: changed };
  }
  return { ...query, examples: [...others, { source, wanted }].slice(-MAX_EXAMPLES) };
}

/** Take an example away. What is left must say what is wanted, so of a query of "less like" alone nothing is left. */
export function withoutExample(query: Query, gone: Example): Query {
  const examples = query.examples.filter((example) => example !== gone);
  return { ...query, examples: examples.some(({ wanted }) => wanted === "more") ? examples : [] };
}

export function withRegion(query: Query, changed: Example, region: Region | undefined): Query {
  const { source, wanted } = changed;
  const replaced: Example = region ? { source, wanted, region } : { source, wanted };
  return { ...query, examples: query.examples.map((example) => (example === changed ? replaced : example)) };
}

function parseExample(text: string, wanted: Example["wanted"]): Example | undefined {
  const region = parseRegion(REGION.exec(text));
  const source = parseSource(text.replace(REGION, ""));
  if (!source) return undefined;
  return region ? { source, wanted, region } : { source, wanted };
}

function parseSource(text: string): Source | undefined {
  if (text.startsWith("photo:")) {
    const digest = text.slice("photo:".length);
    return DIGEST.test(digest) ? { kind: "photo", digest } : undefined;
  }
  if (text.startsWith("url:")) {
    const url = text.slice("url:".length);
    return /^https?:\/\//.test(url) && URL.canParse(url) ? { kind: "address", url } : undefined;
  }
  return ID.test(text) ? { kind: "stored", id: text } : undefined;
}

function parseRegion(match: RegExpExecArray | null): Region | undefined {
  const [x, y, width, height] = (match ?? []).slice(1).map(Number);
  if (x === undefined || y === undefined || width === undefined || height === undefined) return undefined;
  const inside = width > 0 && height > 0 && x + width <= 1 + 1e-6 && y + height <= 1 + 1e-6;
  return inside ? { x, y, width, height } : undefined;
}

export function formatRegion(region: Region): string {
  const [x, y] = [rounded(region.x), rounded(region.y)];
  // A box at the border must not end beyond it.
  const sides = [rounded(Math.min(region.width, 1 - x)), rounded(Math.min(region.height, 1 - y))];
  return [x, y, ...sides].join(",");
}

const rounded = (share: number): number => Math.round(share * 1e4) / 1e4;

const formatExample = ({ source, region }: Example): string =>
  region ? `${keyOfSource(source)}@${formatRegion(region)}` : keyOfSource(source);
