"use client";

import dynamic from "next/dynamic";
import { useCallback, useEffect } from "react";
import { useText } from "@/text/language";
import { DropVeil } from "@/ui/DropVeil";
import { useToasts } from "@/ui/Toasts";
import { Found } from "./Found";
import { useIntake, type Given } from "./intake";
import { keepPhoto } from "./photos";
import { QueryPanel } from "./QueryPanel";
import { emptyQuery, withExample, type Example, type Query, type Source } from "./query";
import { Start } from "./Start";
import { adjust, go, useQueryAddress } from "./useQueryAddress";
import { useSearch } from "./useSearch";
import { useView } from "./useView";

/** Comes when somebody looks closer. */
const ResultDialog = dynamic(() => import("./ResultDialog").then((module) => module.ResultDialog), { ssr: false });

export function SearchPage() {
  const text = useText();
  const { show } = useToasts();
  const { query, viewed } = useQueryAddress();
  const view = useView(query, viewed);
  const found = useSearch(query);

  const begin = useCallback(
    async (given: Given) => {
      const source = await sourceOf(given);
      const { collection, collapse, thorough } = query;
      go({ ...emptyQuery(collection), collapse, thorough, examples: [{ source, wanted: "more" }] });
      window.scrollTo({ top: 0 });
    },
    [query],
  );
  const add = async (photo: Blob) => {
    go(withExample(query, await sourceOf({ kind: "photo", photo }), "more"));
  };
  const dragging = useIntake((given) => void begin(given));

  const ask = useCallback(
    (id: string, wanted: Example["wanted"]) => {
      // The gateway fetches an address for a search of its own.
      const mixable = query.examples.filter(({ source }) => source.kind !== "address");
      const alone = mixable.length < query.examples.length;
      if (alone) show({ name: "address", message: text.query.addressAlone });
      if (alone && wanted === "less") return;
      go(withExample({ ...query, examples: mixable }, { kind: "stored", id }, wanted));
    },
    [query, show, text],
  );
  const change = useCallback((to: Query) => {
    adjust(to);
  }, []);

  useEffect(() => {
    document.title = query.examples.length > 0 ? `${text.results.title} · Lookalike` : "Lookalike";
  }, [query.examples.length, text]);

  return (
    <>
      {dragging && <DropVeil words={text.start.drop} />}
      {query.examples.length === 0 ? (
        <Start collection={query.collection} onGiven={(given) => void begin(given)} />
      ) : (
        <div className="grid gap-x-10 gap-y-6 pt-6 lg:grid-cols-[19rem_minmax(0,1fr)]">
          <div className="lg:sticky lg:top-22 lg:max-h-[calc(100dvh-6rem)] lg:self-start lg:overflow-y-auto lg:p-1">
            <QueryPanel query={query} onPhoto={(photo) => void add(photo)} />
          </div>
          <Found query={query} found={found} onChange={change} onOpen={view.open} onWanted={ask} />
        </div>
      )}
      {viewed !== undefined && query.examples.length > 0 && (
        <ResultDialog
          query={query}
          results={found.results}
          id={viewed}
          onClose={view.close}
          onStep={view.step}
          onWanted={(id, wanted) => {
            ask(id, wanted);
          }}
        />
      )}
    </>
  );
}

async function sourceOf(given: Given): Promise<Source> {
  if (given.kind === "address") return { kind: "address", url: given.url };
  return { kind: "photo", digest: await keepPhoto(given.photo) };
}
