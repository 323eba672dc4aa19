"use client";

import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { Failure } from "@/api/failure";
import { readFile, thumbnailOf } from "@/api/images";
import { keyOfSource, type Example } from "./query";
import { withPhoto } from "./useSearch";

/** A small picture of an example, for heat maps: its thumbnail, or a copy of the photo of about that size. */
export function usePictures() {
  const client = useQueryClient();
  return (example: Example, collection: string): Promise<Blob> => pictureOf(client, example, collection);
}

function pictureOf(client: QueryClient, example: Example, collection: string): Promise<Blob> {
  return client.query({
    queryKey: ["picture", collection, keyOfSource(example.source)],
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      switch (example.source.kind) {
        case "stored":
          return readFile(thumbnailOf(collection, example.source.id), signal);
        case "photo": {
          const { photo } = await withPhoto(example);
          if (!photo) throw new Failure("photo_gone");
          return smaller(photo);
        }
        case "address":
          throw new Failure("unknown");
      }
    },
  });
}

const SMALL_SIDE = 640;

/** A heat map has eight cells a side: it needs no more of a photo than this, and comes sooner. */
async function smaller(photo: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(photo);
  const scale = Math.min(1, SMALL_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve) => {
    canvas.toBlob(
      (small) => {
        resolve(small ?? photo);
      },
      "image/jpeg",
      0.9,
    );
  });
}
