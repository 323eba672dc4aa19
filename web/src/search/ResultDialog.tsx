"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, ExternalLink, Minus, Pencil, Plus, Search } from "lucide-react";
import Link from "next/link";
import { useEffect, useEffectEvent } from "react";
import { failureOf } from "@/api/failure";
import { readImage } from "@/api/images";
import type { Image, SearchResult } from "@/api/types";
import { useText } from "@/text/language";
import { Button, looksLikeButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { FailureNotice } from "@/ui/FailureNotice";
import { FileLink } from "@/ui/FileLink";
import { ImageFacts } from "@/ui/ImageFacts";
import { hrefIn } from "@/ui/collection";
import { Comparison } from "./Comparison";
import { emptyQuery, type Example, type Query } from "./query";
import { go } from "./useQueryAddress";

interface Props {
  query: Query;
  results: readonly SearchResult[];
  id: string;
  onClose: () => void;
  onStep: (id: string) => void;
  onWanted: (id: string, wanted: Example["wanted"]) => void;
}

/** One result at a closer look: why it was found, what is known of it, and where to go from it. */
export function ResultDialog({ query, results, id, onClose, onStep, onWanted }: Props) {
  const text = useText();
  const { collection } = query;
  const rank = results.findIndex((result) => result.id === id);
  const result = results[rank];
  const record = useQuery({
    queryKey: ["image", collection, id],
    queryFn: ({ signal }) => readImage(collection, id, signal),
  });
  const neighbour = (by: number): string | undefined => (rank < 0 ? undefined : results[rank + by]?.id);
  const step = (by: number) => {
    const to = neighbour(by);
    if (to !== undefined) onStep(to);
  };
  useArrows(step);

  return (
    <Dialog wide title={result?.label ?? record.data?.label ?? text.image.nameless} onClose={onClose}>
      <div className="grid gap-8 p-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        {record.isError && <FailureNotice failure={failureOf(record.error)} />}
        {record.data && <Comparison query={query} image={record.data} />}
        <div className="flex flex-col gap-6">
          {record.data && <ImageFacts image={record.data} result={result} />}
          <div className="flex flex-wrap gap-2">
            <Button
              onClick={() => {
                onWanted(id, "more");
              }}
            >
              <Plus aria-hidden className="size-4" />
              {text.query.more}
            </Button>
            <Button
              onClick={() => {
                onWanted(id, "less");
              }}
            >
              <Minus aria-hidden className="size-4" />
              {text.query.less}
            </Button>
            <Button
              onClick={() => {
                go({ ...emptyQuery(collection), examples: [{ source: { kind: "stored", id }, wanted: "more" }] });
              }}
            >
              <Search aria-hidden className="size-4" />
              {text.image.search}
            </Button>
            {record.data && <Elsewhere image={record.data} />}
          </div>
          <div className="mt-auto flex justify-between">
            <Button
              kind="bare"
              disabled={neighbour(-1) === undefined}
              onClick={() => {
                step(-1);
              }}
            >
              <ChevronLeft aria-hidden className="size-5" />
              {text.image.previous}
            </Button>
            <Button
              kind="bare"
              disabled={neighbour(1) === undefined}
              onClick={() => {
                step(1);
              }}
            >
              {text.image.next}
              <ChevronRight aria-hidden className="size-5" />
            </Button>
          </div>
        </div>
      </div>
    </Dialog>
  );
}

function Elsewhere({ image }: { image: Image }) {
  const text = useText();
  const there = hrefIn("/collection/", image.collection);
  return (
    <>
      <FileLink href={image.links.content} className={looksLikeButton()}>
        <ExternalLink aria-hidden className="size-4" />
        {text.image.original}
      </FileLink>
      <Link href={`${there}${there.includes("?") ? "&" : "?"}view=${image.id}`} className={looksLikeButton()}>
        <Pencil aria-hidden className="size-4" />
        {text.image.edit}
      </Link>
    </>
  );
}

function useArrows(step: (by: number) => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  useEffect(() => {
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, []);
}
