import { formatRegion, type Region } from "@/search/query";
import { answer, api, authorization } from "./client";
import type { HeatMap, Image, ImageList, ImagePatch, LabelCount, Metadata, StoredImage } from "./types";
import { upload } from "./upload";

/** Images a page of the collection. */
const PAGE = 60;
/** Labels that are read; who has more of them has other tools. */
const MAX_LABELS = 1000;

export interface Facts {
  label?: string | undefined;
  metadata?: Metadata | undefined;
}

export function listImages(
  collection: string,
  cursor: string | undefined,
  signal: AbortSignal,
  { limit = PAGE, label }: { limit?: number; label?: string | undefined } = {},
): Promise<ImageList> {
  const query = {
    collection,
    limit,
    ...(cursor !== undefined && { cursor }),
    ...(label !== undefined && { filter: JSON.stringify({ labels: [label] }) }),
  };
  return answer(api.GET("/v1/images", { params: { query }, signal }));
}

/** The labels of a collection in their order, each with the number of images that have it. */
export async function listLabels(collection: string, signal: AbortSignal): Promise<readonly LabelCount[]> {
  const query = { collection, limit: MAX_LABELS };
  return (await answer(api.GET("/v1/labels", { params: { query }, signal }))).labels;
}

export const readImage = (collection: string, id: string, signal: AbortSignal): Promise<Image> =>
  answer(api.GET("/v1/images/{image_id}", { params: { path: { image_id: id }, query: { collection } }, signal }));

/** Change label and metadata: what is null goes, what is not named stays. */
export const changeImage = (collection: string, id: string, patch: ImagePatch): Promise<Image> =>
  answer(
    api.PATCH("/v1/images/{image_id}", {
      params: { path: { image_id: id }, query: { collection } },
      headers: { "Content-Type": "application/merge-patch+json" },
      body: patch,
    }),
  );

/** The path of an image's thumbnail. */
export const thumbnailOf = (collection: string, id: string): string =>
  `/v1/images/${id}/thumbnail?${named(collection)}`;

/** Read a file behind one of an image's links, as a browser's image element cannot where a key has to be shown. */
export async function readFile(link: string, signal: AbortSignal): Promise<Blob> {
  const answered = async () => {
    const response = await fetch(link, { headers: authorization(), signal });
    if (response.ok) return { data: await response.blob(), response };
    const error: unknown = await response.json();
    return { error, response };
  };
  return answer<Blob>(answered());
}

/** Add an image; `onProgress` is told the share of the file that has been sent. */
export function addImage(
  collection: string,
  file: Blob,
  { label, metadata }: Facts,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<StoredImage> {
  const form = new FormData();
  form.set("image", file);
  if (label) form.set("label", label);
  if (metadata) form.set("metadata", JSON.stringify(metadata));
  return upload(`/v1/images?${named(collection)}`, form, onProgress, signal);
}

/** Which of these digests the collection has. */
export async function knownDigests(collection: string, digests: string[], signal: AbortSignal): Promise<Set<string>> {
  const asked = { params: { query: { collection } }, body: { sha256: digests }, signal };
  return new Set((await answer(api.POST("/v1/images/known", asked))).sha256);
}

export const deleteImage = (collection: string, id: string): Promise<unknown> =>
  answer(api.DELETE("/v1/images/{image_id}", { params: { path: { image_id: id }, query: { collection } } }));

/** Delete an image while the page goes away: the browser sends this even when nobody is left to read the answer. */
export function deleteOnLeave(collection: string, id: string): void {
  const address = `/v1/images/${id}?${named(collection)}`;
  void fetch(address, { method: "DELETE", headers: authorization(), keepalive: true });
}

/** Ask where a stored image matches a query's picture, or a region of it. */
export function readHeatMap(
  collection: string,
  id: string,
  picture: Blob,
  region: Region | undefined,
  signal: AbortSignal,
): Promise<HeatMap> {
  const form = new FormData();
  form.set("image", picture);
  if (region) form.set("region", formatRegion(region));
  const asked = api.POST("/v1/images/{image_id}/heatmap", {
    params: { path: { image_id: id }, query: { collection } },
    headers: { Accept: "application/json" },
    body: { image: "" },
    bodySerializer: () => form,
    signal,
  });
  // It answers a PNG too, to those who accept one: only the header above tells which.
  return answer(asked) as Promise<HeatMap>;
}

const named = (collection: string): string => new URLSearchParams({ collection }).toString();
