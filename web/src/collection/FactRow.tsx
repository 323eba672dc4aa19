"use client";

import { X } from "lucide-react";
import { useText } from "@/text/language";
import { Button } from "@/ui/Button";
import type { Fact, Kind } from "./facts";

const KINDS: readonly Kind[] = ["text", "number", "yes"];

interface Props {
  fact: Fact;
  onChange: (fact: Fact) => void;
  onRemove: () => void;
}

/** A fact of the metadata: its name, its kind and its value. */
export function FactRow({ fact, onChange, onRemove }: Props) {
  const text = useText();
  return (
    <div className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)_auto] items-center gap-1.5">
      <input
        aria-label={text.edit.key}
        placeholder={text.edit.key}
        maxLength={64}
        value={fact.key}
        onChange={(event) => {
          onChange({ ...fact, key: event.target.value });
        }}
        className="field px-2.5! text-sm"
      />
      <div className="flex min-w-0">
        <Value fact={fact} onChange={onChange} />
        {fact.kind !== "nothing" && (
          <select
            aria-label={text.edit.kind}
            value={fact.kind}
            onChange={(event) => {
              const kind = KINDS.find((known) => known === event.target.value) ?? "text";
              onChange({ ...fact, kind, written: kind === "yes" ? "true" : fact.written });
            }}
            className="field w-7! shrink-0 rounded-l-none! border-l-0! px-1! text-sm"
          >
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {text.edit.kinds[kind]}
              </option>
            ))}
          </select>
        )}
      </div>
      <Button
        kind="bare"
        size="small"
        className="px-1.5!"
        aria-label={text.edit.removeFact(fact.key || text.edit.key)}
        onClick={onRemove}
      >
        <X aria-hidden className="size-4" />
      </Button>
    </div>
  );
}

function Value({ fact, onChange }: Omit<Props, "onRemove">) {
  const text = useText();
  const write = (written: string) => {
    onChange({ ...fact, written });
  };
  if (fact.kind === "yes") {
    return (
      <select
        aria-label={text.edit.value}
        value={fact.written}
        onChange={(event) => {
          write(event.target.value);
        }}
        className="field rounded-r-none! px-2! text-sm"
      >
        <option value="true">{text.edit.yes}</option>
        <option value="false">{text.edit.no}</option>
      </select>
    );
  }
  return (
    <input
      aria-label={text.edit.value}
      placeholder={fact.kind === "nothing" ? text.edit.kinds.nothing : text.edit.value}
      readOnly={fact.kind === "nothing"}
      inputMode={fact.kind === "number" ? "decimal" : "text"}
      value={fact.written}
      onChange={(event) => {
        write(event.target.value);
      }}
      className="field min-w-0 rounded-r-none! px-2.5! text-sm"
    />
  );
}
