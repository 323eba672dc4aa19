"use client";

import { useState } from "react";
import type { Image } from "@/api/types";
import { useText } from "@/text/language";
import { Picture } from "@/ui/Picture";
import { Switch } from "@/ui/Switch";
import { useHeatMap } from "./heat";
import { HeatOverlay } from "./HeatOverlay";
import type { Cells } from "./light";
import type { Query } from "./query";
import { useShown, type Shown } from "./sources";

/** The query and an image that was found, with what matched in them. */
export function Comparison({ query, image }: { query: Query; image: Image }) {
  const text = useText();
  const [lit, setLit] = useState(true);
  const example = query.examples.find(({ wanted }) => wanted === "more");
  const yours = useShown(example?.source ?? { kind: "stored", id: image.id }, query.collection);
  const heat = useHeatMap(query.collection, image.id, example, lit);
  const explained = example !== undefined && example.source.kind !== "address";

  return (
    <div className="min-w-0">
      <div className={explained ? "grid items-start gap-4 sm:grid-cols-[2fr_3fr]" : ""}>
        {explained && (
          <Side caption={text.image.yours}>
            <Yours shown={yours} cells={lit ? heat?.query.cells : undefined} />
          </Side>
        )}
        <Side caption={explained ? text.image.found : undefined}>
          <div
            className="relative w-full max-w-[calc(65vh*var(--ratio))] overflow-hidden rounded-2xl bg-well"
            style={{ aspectRatio: image.width / image.height, "--ratio": image.width / image.height }}
          >
            <Picture eager key={image.id} src={image.links.content} alt={image.label ?? text.image.nameless} />
            {lit && heat && <HeatOverlay cells={heat.image.cells} />}
          </div>
        </Side>
      </div>
      {explained && (
        <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-1">
          <Switch words={text.image.why} on={lit} onChange={setLit} />
          <p className="text-sm text-soft">{text.image.whyHint}</p>
        </div>
      )}
    </div>
  );
}

function Side({ caption, children }: { caption: string | undefined; children: React.ReactNode }) {
  return (
    <figure className="min-w-0">
      {children}
      {caption && <figcaption className="mt-1.5 text-sm text-soft">{caption}</figcaption>}
    </figure>
  );
}

function Yours({ shown, cells }: { shown: Shown; cells: Cells | undefined }) {
  const { name, stored, photo, ratio = 4 / 3 } = shown;
  return (
    <div className="relative overflow-hidden rounded-2xl bg-well" style={{ aspectRatio: ratio }}>
      {stored && <Picture eager src={stored} alt={name} />}
      {photo && <img src={photo} alt={name} className="size-full" />}
      {cells && <HeatOverlay cells={cells} />}
    </div>
  );
}
