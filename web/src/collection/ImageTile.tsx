"use client";

import { Search } from "lucide-react";
import Link from "next/link";
import type { Image } from "@/api/types";
import { emptyQuery, hrefOf } from "@/search/query";
import { useText } from "@/text/language";
import { Frame } from "@/ui/Frame";
import { Picture } from "@/ui/Picture";

/** An image among others: opens at a closer look, or begins a search. */
export function ImageTile({ image, onOpen }: { image: Image; onOpen: () => void }) {
  const text = useText();
  const name = image.label ?? text.image.nameless;
  const similar = text.collection.similar(name);
  const query = emptyQuery(image.collection);
  const caption = (
    <p className={`mt-1.5 h-5 truncate px-0.5 text-sm ${image.label === null ? "text-soft" : "font-medium"}`}>
      {image.label ?? text.collection.unlabelled}
    </p>
  );
  return (
    <Frame width={image.width} height={image.height} data-result={image.id} caption={caption}>
      <div className="group relative size-full overflow-hidden rounded-xl bg-well">
        <Picture src={image.links.thumbnail} alt="" className="object-cover" />
        <button type="button" onClick={onOpen} className="absolute inset-0 rounded-xl -outline-offset-4!">
          <span className="sr-only">{text.collection.open(name)}</span>
        </button>
        <Link
          href={hrefOf({ ...query, examples: [{ source: { kind: "stored", id: image.id }, wanted: "more" }] })}
          prefetch={false}
          aria-label={similar}
          title={similar}
          className="absolute top-1.5 right-1.5 grid size-9 place-items-center rounded-full bg-marigold text-on-marigold opacity-0 shadow-card transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100"
        >
          <Search aria-hidden className="size-[1.125rem]" />
        </Link>
      </div>
    </Frame>
  );
}
