"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { failureOf } from "@/api/failure";
import { decideDistinct } from "@/api/duplicates";
import type { DuplicateGroup as Group } from "@/api/types";
import { useDeletions } from "@/deletion/DeletionProvider";
import { useFormats, useText } from "@/text/language";
import { Button } from "@/ui/Button";
import { FailureNotice } from "@/ui/FailureNotice";
import { Frame } from "@/ui/Frame";
import { Picture } from "@/ui/Picture";
import { useToasts } from "@/ui/Toasts";

type Member = Group["images"][number];

/** Images that look the same, and what can be decided about them. */
export function DuplicateGroup({ group, collection }: { group: Group; collection: string }) {
  const text = useText();
  const client = useQueryClient();
  const { show } = useToasts();
  const deletions = useDeletions();
  const images = group.images.filter(({ id }) => !deletions.isPending(collection, id));
  const keepingAll = useMutation({
    mutationFn: () =>
      decideDistinct(
        collection,
        images.map(({ id }) => id),
      ),
    onSuccess: async () => {
      show({ name: "decided", message: text.duplicates.decided });
      await client.invalidateQueries({ queryKey: ["duplicates", collection] });
    },
  });
  if (images.length < 2) return null;

  const keep = (kept: Member) => {
    const others = images.filter(({ id }) => id !== kept.id);
    deletions.remove(others.map((image) => ({ collection, id: image.id, name: image.label ?? text.image.nameless })));
  };
  const largest = images.reduce((best, image) => (area(image) > area(best) ? image : best));
  return (
    <li className="rounded-3xl border border-line bg-card p-5 shadow-card">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <h2 className="text-lg font-semibold">{text.duplicates.group(images.length)}</h2>
        <div className="flex flex-wrap gap-2">
          <Button
            size="small"
            disabled={keepingAll.isPending}
            onClick={() => {
              keepingAll.mutate();
            }}
          >
            {text.duplicates.keepAll}
          </Button>
          <Button
            size="small"
            onClick={() => {
              keep(largest);
            }}
          >
            {text.duplicates.keepBest}
          </Button>
        </div>
      </div>
      {keepingAll.isError && <FailureNotice failure={failureOf(keepingAll.error)} />}
      <ul className="picture-rows [--row:10rem]!">
        {images.map((image) => (
          <Candidate
            key={image.id}
            image={image}
            first={image === images[0]}
            onKeep={() => {
              keep(image);
            }}
          />
        ))}
      </ul>
    </li>
  );
}

function Candidate({ image, first, onKeep }: { image: Member; first: boolean; onKeep: () => void }) {
  const text = useText();
  const formats = useFormats();
  const caption = (
    <div className="mt-1.5 text-sm">
      <p className="truncate font-medium">{image.label ?? text.collection.unlabelled}</p>
      <p className="truncate text-soft tabular-nums">
        {image.width} × {image.height}, {formats.bytes(image.size)}
        {!first && `, ${text.duplicates.similarity(formats.percent(image.score))}`}
      </p>
      <Button size="small" className="mt-2" onClick={onKeep}>
        {text.duplicates.keepThis}
      </Button>
    </div>
  );
  return (
    <Frame width={image.width} height={image.height} data-result={image.id} caption={caption}>
      <div className="size-full overflow-hidden rounded-xl bg-well">
        <Picture src={image.links.thumbnail} alt="" className="object-cover" />
      </div>
    </Frame>
  );
}

const area = ({ width, height }: Member): number => width * height;
