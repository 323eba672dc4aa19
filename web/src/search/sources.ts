"use client";

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { readImage } from "@/api/images";
import { useText } from "@/text/language";
import { findPhoto } from "./photos";
import type { Source } from "./query";

/** How an example is shown: its picture where there is one, and its name. */
export interface Shown {
  readonly name: string;
  /** A path on the gateway. */
  readonly stored?: string;
  /** An address that only this page knows. */
  readonly photo?: string;
  /** Width by height; undefined until it is known. */
  readonly ratio?: number;
}

export function useShown(source: Source, collection: string): Shown {
  const text = useText();
  const id = source.kind === "stored" ? source.id : undefined;
  const record = useQuery({
    queryKey: ["image", collection, id],
    queryFn: ({ signal }) => readImage(collection, id ?? "", signal),
    enabled: id !== undefined,
  }).data;
  const photo = usePhoto(source.kind === "photo" ? source.digest : undefined);
  switch (source.kind) {
    case "stored":
      if (!record) return { name: source.id };
      return {
        name: record.label ?? text.image.nameless,
        stored: record.links.thumbnail,
        ratio: record.width / record.height,
      };
    case "photo":
      return { name: text.query.photo, ...photo };
    case "address":
      return { name: new URL(source.url).hostname };
  }
}

/** The photo as the browser shows it, with its shape: EXIF orientation is applied as the gateway does. */
function usePhoto(digest: string | undefined): { photo?: string; ratio?: number } {
  const [shown, setShown] = useState<{ digest: string; photo: string; ratio: number }>();

  useEffect(() => {
    if (digest === undefined) return;
    let url: string | undefined;
    let left = false;
    const show = async () => {
      const photo = await findPhoto(digest);
      if (!photo || left) return;
      url = URL.createObjectURL(photo);
      const image = new Image();
      image.src = url;
      await image.decode();
      setShown({ digest, photo: url, ratio: image.naturalWidth / image.naturalHeight });
    };
    show().catch(() => undefined); // the browser cannot show what the gateway perhaps can read
    return () => {
      left = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [digest]);

  return shown?.digest === digest && shown ? { photo: shown.photo, ratio: shown.ratio } : {};
}
