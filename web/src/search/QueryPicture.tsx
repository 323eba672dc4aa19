"use client";

import { Globe, ImageOff } from "lucide-react";
import { useText } from "@/text/language";
import { Picture } from "@/ui/Picture";
import type { Example, Region } from "./query";
import { RegionBox } from "./RegionBox";
import { useShown } from "./sources";

interface Props {
  example: Example;
  collection: string;
  onRegion: (region: Region | undefined) => void;
}

/** The example that is looked at, large enough to draw on. */
export function QueryPicture({ example, collection, onRegion }: Props) {
  const text = useText();
  const { name, stored, photo, ratio } = useShown(example.source, collection);
  const less = example.wanted === "less";
  const alt = `${less ? text.query.less : text.query.more} ${name}`;

  if (ratio === undefined) {
    const Icon = example.source.kind === "address" ? Globe : ImageOff;
    return (
      <div className="grid aspect-4/3 max-h-44 w-full place-items-center rounded-2xl bg-well text-soft lg:max-h-none">
        <div className="flex flex-col items-center gap-2 p-4 text-center">
          {example.source.kind !== "stored" && <Icon aria-hidden className="size-8" />}
          <p className="break-all">{name}</p>
        </div>
      </div>
    );
  }
  return (
    // As wide as it may be, unless that made it too high to leave room for what was found.
    <div
      className="w-full max-w-[calc(var(--highest)*var(--ratio))] [--highest:11rem] max-lg:mx-auto lg:[--highest:60vh]"
      style={{ "--ratio": ratio }}
    >
      <RegionBox region={example.region} onChange={onRegion}>
        <div style={{ aspectRatio: ratio }} className={`bg-well ${less ? "grayscale" : ""}`}>
          {stored && <Picture eager src={stored} alt={alt} />}
          {photo && <img src={photo} alt={alt} draggable={false} className="size-full" />}
        </div>
      </RegionBox>
    </div>
  );
}
