"use client";

import { useFormats, useText } from "@/text/language";
import { useLabels } from "@/ui/labels";

interface Props {
  collection: string;
  chosen: string | undefined;
  onChoose: (label: string | undefined) => void;
}

/** The labels of a collection, to look at one of them alone. */
export function LabelBar({ collection, chosen, onChoose }: Props) {
  const text = useText();
  const formats = useFormats();
  const labels = useLabels(collection);
  if (labels.length === 0) return <div className="mb-5 h-13" />;
  return (
    // As high as its placeholder, however many labels there are.
    <nav aria-label={text.results.labels} className="-mx-1 mb-5 h-13 overflow-x-auto p-1">
      <ul className="flex w-max gap-1.5">
        <Chip
          words={text.collection.allLabels}
          on={chosen === undefined}
          onClick={() => {
            onChoose(undefined);
          }}
        />
        {labels.map(({ label, images }) => (
          <Chip
            key={label}
            words={label}
            count={formats.number(images)}
            on={chosen === label}
            onClick={() => {
              onChoose(chosen === label ? undefined : label);
            }}
          />
        ))}
      </ul>
    </nav>
  );
}

function Chip({ words, count, on, onClick }: { words: string; count?: string; on: boolean; onClick: () => void }) {
  return (
    <li>
      <button
        type="button"
        aria-pressed={on}
        onClick={onClick}
        className={`flex min-h-9 items-center gap-1.5 rounded-full border px-3.5 text-sm font-medium transition-colors ${on ? "border-ink bg-ink text-paper" : "border-line bg-card hover:border-edge"}`}
      >
        {words}
        {count !== undefined && <span className={`tabular-nums ${on ? "" : "text-soft"}`}>{count}</span>}
      </button>
    </li>
  );
}
