"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useId, useState } from "react";
import { failureOf } from "@/api/failure";
import { changeImage } from "@/api/images";
import type { Image } from "@/api/types";
import { useText } from "@/text/language";
import type { Text } from "@/text/en";
import { Button } from "@/ui/Button";
import { FailureNotice } from "@/ui/FailureNotice";
import { useToasts } from "@/ui/Toasts";
import { useLabels } from "@/ui/labels";
import { FactRow } from "./FactRow";
import { factsOf, faultIn, patchOf, type Fault } from "./facts";

/** Changes what is said of an image; the image itself stays. */
export function EditForm({ image, onDone }: { image: Image; onDone: () => void }) {
  const text = useText();
  const id = useId();
  const client = useQueryClient();
  const { show } = useToasts();
  const labels = useLabels(image.collection);
  const [label, setLabel] = useState(image.label ?? "");
  const [facts, setFacts] = useState(() => factsOf(image.metadata));
  const [fault, setFault] = useState<Fault>();

  const saving = useMutation({
    mutationFn: async () => {
      const patch = patchOf(image, label, facts);
      if (patch) await changeImage(image.collection, image.id, patch);
    },
    onSuccess: async () => {
      await client.invalidateQueries();
      show({ name: "saved", message: text.edit.saved });
      onDone();
    },
  });
  const save = () => {
    const found = faultIn(facts);
    setFault(found);
    if (!found) saving.mutate();
  };

  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <div>
        <label htmlFor={`${id}-label`} className="text-sm font-medium text-soft">
          {text.edit.label}
        </label>
        <input
          id={`${id}-label`}
          list={`${id}-labels`}
          maxLength={200}
          placeholder={text.edit.labelHint}
          value={label}
          onChange={(event) => {
            setLabel(event.target.value);
          }}
          className="mt-1 field"
        />
        <datalist id={`${id}-labels`}>
          {labels.map((known) => (
            <option key={known.label} value={known.label} />
          ))}
        </datalist>
      </div>
      <fieldset>
        <legend className="mb-1 text-sm font-medium text-soft">{text.image.facts}</legend>
        <div className="flex flex-col gap-2">
          {facts.map((fact) => (
            <FactRow
              key={fact.row}
              fact={fact}
              onChange={(changed) => {
                setFacts(facts.map((other) => (other.row === fact.row ? changed : other)));
              }}
              onRemove={() => {
                setFacts(facts.filter((other) => other.row !== fact.row));
              }}
            />
          ))}
          <Button
            size="small"
            className="self-start"
            onClick={() => {
              const row = Math.max(-1, ...facts.map((fact) => fact.row)) + 1;
              setFacts([...facts, { row, key: "", kind: "text", written: "" }]);
            }}
          >
            <Plus aria-hidden className="size-4" />
            {text.edit.addFact}
          </Button>
        </div>
      </fieldset>
      {fault && (
        <p role="alert" className="text-alarm">
          {wordsOf(fault, text)}
        </p>
      )}
      {saving.isError && <FailureNotice failure={failureOf(saving.error)} />}
      <div className="flex gap-2">
        <Button type="submit" kind="primary" disabled={saving.isPending}>
          {text.edit.save}
        </Button>
        <Button onClick={onDone}>{text.cancel}</Button>
      </div>
    </form>
  );
}

function wordsOf(fault: Fault, text: Text): string {
  switch (fault.kind) {
    case "missing":
      return text.edit.keyMissing;
    case "twice":
      return text.edit.keyTwice(fault.key);
    case "number":
      return text.edit.numberWrong(fault.key);
  }
}
