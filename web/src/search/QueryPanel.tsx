"use client";

import { ImagePlus, Link2, RotateCcw } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { useText } from "@/text/language";
import { Button, looksLikeButton } from "@/ui/Button";
import { Switch } from "@/ui/Switch";
import { useToasts } from "@/ui/Toasts";
import { ExampleTile } from "./ExampleTile";
import { PhotoInput } from "./PhotoInput";
import { emptyQuery, hrefOf, keyOfSource, withExample, withoutExample, withRegion, type Query } from "./query";
import { QueryPicture } from "./QueryPicture";
import { adjust, go } from "./useQueryAddress";

interface Props {
  query: Query;
  onPhoto: (photo: Blob) => void;
}

/** What is searched with: the examples, the part of them that is meant, and what can be done with them. */
export function QueryPanel({ query, onPhoto }: Props) {
  const text = useText();
  const { show } = useToasts();
  const [chosen, setChosen] = useState<string>();
  const { examples, collection } = query;
  const active =
    examples.find(({ source }) => keyOfSource(source) === chosen) ?? examples.find(({ wanted }) => wanted === "more");

  const share = async () => {
    const personal = examples.some(({ source }) => source.kind === "photo");
    try {
      await navigator.clipboard.writeText(window.location.href);
      show({ name: "share", message: personal ? text.query.sharedHere : text.query.shared });
    } catch {
      show({ name: "share", message: window.location.href });
    }
  };

  return (
    <section aria-labelledby="query" className="flex flex-col gap-4">
      <h1 id="query" className="text-xl font-bold max-lg:sr-only">
        {text.query.title}
      </h1>
      {active && (
        <QueryPicture
          key={keyOfSource(active.source)}
          example={active}
          collection={collection}
          onRegion={(region) => {
            go(withRegion(query, active, region));
          }}
        />
      )}
      {examples.length > 1 && (
        <ul className="flex flex-wrap gap-2.5">
          {examples.map((example) => (
            <ExampleTile
              key={keyOfSource(example.source)}
              example={example}
              collection={collection}
              active={example === active}
              onChoose={() => {
                setChosen(keyOfSource(example.source));
              }}
              onTurn={(wanted) => {
                go(withExample(query, example.source, wanted));
              }}
              onRemove={() => {
                go(withoutExample(query, example));
              }}
            />
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-2">
        <PhotoInput size="small" onPhoto={onPhoto}>
          <ImagePlus aria-hidden className="size-4" />
          {text.query.addPhoto}
        </PhotoInput>
        <Button size="small" onClick={() => void share()}>
          <Link2 aria-hidden className="size-4" />
          {text.query.share}
        </Button>
        <Link href={hrefOf(emptyQuery(collection))} className={looksLikeButton({ size: "small" })}>
          <RotateCcw aria-hidden className="size-4" />
          {text.query.startOver}
        </Link>
      </div>
      <Switch
        words={text.query.thorough}
        on={query.thorough}
        onChange={(thorough) => {
          adjust({ ...query, thorough });
        }}
      />
    </section>
  );
}
