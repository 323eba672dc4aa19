"use client";

import { Globe, Minus, Plus, X } from "lucide-react";
import { useText } from "@/text/language";
import { Picture } from "@/ui/Picture";
import type { Example } from "./query";
import { useShown } from "./sources";

interface Props {
  example: Example;
  collection: string;
  /** Shown large beside. */
  active: boolean;
  onChoose: () => void;
  onTurn: (wanted: Example["wanted"]) => void;
  onRemove: () => void;
}

/** One of several examples: can be looked at, turned from "more" to "less", and taken away. */
export function ExampleTile({ example, collection, active, onChoose, onTurn, onRemove }: Props) {
  const text = useText();
  const { name, stored, photo } = useShown(example.source, collection);
  const more = example.wanted === "more";
  const said = `${more ? text.query.more : text.query.less} ${name}`;
  const Icon = more ? Plus : Minus;

  return (
    <li className="relative">
      <button
        type="button"
        aria-label={said}
        aria-pressed={active}
        onClick={onChoose}
        className={`grid size-20 place-items-center overflow-hidden rounded-xl bg-well ${active ? "ring-2 ring-ink ring-offset-2 ring-offset-paper" : ""} ${more ? "" : "grayscale"}`}
      >
        {stored && <Picture eager src={stored} alt="" className="object-cover" />}
        {photo && <img src={photo} alt="" className="size-full object-cover" />}
        {example.source.kind === "address" && <Globe aria-hidden className="text-soft" />}
      </button>
      <button
        type="button"
        aria-label={more ? text.query.toLess(name) : text.query.toMore(name)}
        title={more ? text.query.toLess(name) : text.query.toMore(name)}
        onClick={() => {
          onTurn(more ? "less" : "more");
        }}
        className={`absolute -bottom-1.5 -left-1.5 grid size-7 place-items-center rounded-full shadow-card ${more ? "bg-marigold text-on-marigold" : "bg-night text-white"}`}
      >
        <Icon aria-hidden className="size-4" />
      </button>
      <button
        type="button"
        aria-label={text.query.remove(name)}
        title={text.query.remove(name)}
        onClick={onRemove}
        className="absolute -top-1.5 -right-1.5 grid size-7 place-items-center rounded-full border border-line bg-card text-ink shadow-card"
      >
        <X aria-hidden className="size-4" />
      </button>
    </li>
  );
}
