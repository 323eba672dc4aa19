"use client";

import { useState } from "react";
import { useLabels } from "@/ui/labels";
import { useFormats, useText } from "@/text/language";
import { Disclosure } from "@/ui/Disclosure";
import { Button } from "@/ui/Button";

/** Longer lists are narrowed by typing. */
const MOST_SHOWN = 200;
const SEARCHED_FROM = 10;

interface Props {
  collection: string;
  chosen: readonly string[];
  onChange: (labels: readonly string[]) => void;
}

/** Which labels may be found; any, where none is chosen. */
export function LabelFilter({ collection, chosen, onChange }: Props) {
  const text = useText();
  const formats = useFormats();
  const [sought, setSought] = useState("");
  const labels = useLabels(collection);
  if (labels.length === 0 && chosen.length === 0) return null;

  const fits = labels.filter(({ label }) => label.toLocaleLowerCase().includes(sought.toLocaleLowerCase()));
  const toggle = (label: string) => {
    onChange(chosen.includes(label) ? chosen.filter((other) => other !== label) : [...chosen, label]);
  };
  return (
    <Disclosure summary={chosen.length > 0 ? text.results.someLabels(chosen.length) : text.results.allLabels}>
      {labels.length >= SEARCHED_FROM && (
        <input
          type="search"
          aria-label={text.results.findLabel}
          placeholder={text.results.findLabel}
          value={sought}
          onChange={(event) => {
            setSought(event.target.value);
          }}
          className="mb-2 field"
        />
      )}
      <fieldset>
        <legend className="sr-only">{text.results.labels}</legend>
        <div className="max-h-72 overflow-y-auto">
          {fits.slice(0, MOST_SHOWN).map(({ label, images }) => (
            <label key={label} className="flex items-center gap-3 rounded-lg px-2 py-1.5 hover:bg-well">
              <input
                type="checkbox"
                checked={chosen.includes(label)}
                onChange={() => {
                  toggle(label);
                }}
                className="size-4.5 accent-ink"
              />
              <span className="min-w-0 flex-1 truncate">{label}</span>
              <span className="text-sm text-soft tabular-nums">{formats.number(images)}</span>
            </label>
          ))}
          {fits.length === 0 && <p className="px-2 py-1.5 text-soft">{text.results.noLabel}</p>}
        </div>
      </fieldset>
      {chosen.length > 0 && (
        <Button
          kind="bare"
          size="small"
          className="mt-2 w-full"
          onClick={() => {
            onChange([]);
          }}
        >
          {text.results.clearLabels}
        </Button>
      )}
    </Disclosure>
  );
}
