"use client";

import { Minus, Plus } from "lucide-react";
import { memo, useRef, useState, type MouseEvent } from "react";
import type { SearchResult } from "@/api/types";
import { useFormats, useText } from "@/text/language";
import { Frame } from "@/ui/Frame";
import { Picture } from "@/ui/Picture";
import { useHeatMap } from "./heat";
import { HeatOverlay } from "./HeatOverlay";
import type { Example } from "./query";

/** How long somebody has to look at a result before the reason is asked for: a passing mouse asks for nothing. */
const LOOK_MILLISECONDS = 220;

interface Props {
  result: SearchResult;
  collection: string;
  /** What the heat map compares with. */
  example: Example | undefined;
  href: string;
  eager: boolean;
  onOpen: (id: string) => void;
  onWanted: (id: string, wanted: Example["wanted"]) => void;
}

export const ResultCard = memo(function ResultCard(props: Props) {
  const { result, collection, example, href, eager, onOpen, onWanted } = props;
  const text = useText();
  const formats = useFormats();
  const [looking, setLooking] = useState(false);
  const [asked, setAsked] = useState(false);
  const timer = useRef<number>(undefined);
  const heat = useHeatMap(collection, result.id, example, asked);
  const name = result.label ?? text.image.nameless;
  const similarity = formats.percent(result.score);

  const look = () => {
    setLooking(true);
    timer.current = window.setTimeout(() => {
      setAsked(true);
    }, LOOK_MILLISECONDS);
  };
  const lookAway = () => {
    window.clearTimeout(timer.current);
    setLooking(false);
  };
  const open = (event: MouseEvent) => {
    // With a modifier key the link opens elsewhere, as links do.
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    onOpen(result.id);
  };

  return (
    <Frame
      width={result.width}
      height={result.height}
      data-result={result.id}
      caption={<Caption name={result.label ?? text.results.unlabelled} result={result} similarity={similarity} />}
    >
      {/* What is shown to those who look at a result is decoration: the same is told behind its link. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div
        className="group relative size-full overflow-hidden rounded-xl bg-well"
        onPointerEnter={(event) => {
          if (event.pointerType === "mouse") look();
        }}
        onPointerLeave={lookAway}
        onFocus={look}
        onBlur={lookAway}
      >
        <Picture src={result.links.thumbnail} alt="" eager={eager} className="object-cover" />
        {heat && <HeatOverlay cells={heat.image.cells} shown={looking} />}
        <a href={href} onClick={open} className="absolute inset-0 rounded-xl -outline-offset-4!">
          <span className="sr-only">{text.results.open(name, similarity)}</span>
        </a>
        <div className="absolute top-1.5 right-1.5 flex gap-1 opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
          <Choice
            words={text.results.moreLike(name)}
            onClick={() => {
              onWanted(result.id, "more");
            }}
            className="bg-marigold text-on-marigold"
            icon={<Plus aria-hidden className="size-[1.125rem]" />}
          />
          <Choice
            words={text.results.lessLike(name)}
            onClick={() => {
              onWanted(result.id, "less");
            }}
            className="bg-night/80 text-white"
            icon={<Minus aria-hidden className="size-[1.125rem]" />}
          />
        </div>
      </div>
    </Frame>
  );
});

function Choice(props: { words: string; onClick: () => void; className: string; icon: React.ReactNode }) {
  const { words, onClick, className, icon } = props;
  return (
    <button
      type="button"
      aria-label={words}
      title={words}
      onClick={onClick}
      className={`grid size-9 place-items-center rounded-full shadow-card backdrop-blur-sm transition-transform hover:scale-110 ${className}`}
    >
      {icon}
    </button>
  );
}

function Caption({ name, result, similarity }: { name: string; result: SearchResult; similarity: string }) {
  const text = useText();
  const formats = useFormats();
  const { percentile } = result;
  const rarity =
    percentile === null
      ? undefined
      : `${text.image.percentile} ${text.image.percentileOf(formats.finePercent(percentile))}`;
  return (
    <div className="mt-1.5 flex h-5 items-baseline justify-between gap-2 px-0.5 text-sm" title={rarity}>
      <span className={`truncate ${result.label === null ? "text-soft" : "font-medium"}`}>{name}</span>
      <span className="shrink-0 text-soft tabular-nums">{similarity}</span>
    </div>
  );
}
