"use client";

import { useQuery } from "@tanstack/react-query";
import { ExternalLink, Pencil, Search, Trash2 } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { failureOf } from "@/api/failure";
import { readImage } from "@/api/images";
import type { Image } from "@/api/types";
import { useDeletions } from "@/deletion/DeletionProvider";
import { emptyQuery, hrefOf } from "@/search/query";
import { useText } from "@/text/language";
import { Button, looksLikeButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { FailureNotice } from "@/ui/FailureNotice";
import { FileLink } from "@/ui/FileLink";
import { ImageFacts } from "@/ui/ImageFacts";
import { Picture } from "@/ui/Picture";
import { EditForm } from "./EditForm";

interface Props {
  collection: string;
  id: string;
  onClose: () => void;
}

/** An image of the collection at a closer look, and what can be done with it. */
export function ImageDialog({ collection, id, onClose }: Props) {
  const text = useText();
  const deletions = useDeletions();
  const [editing, setEditing] = useState(false);
  const record = useQuery({
    queryKey: ["image", collection, id],
    queryFn: ({ signal }) => readImage(collection, id, signal),
  });
  const image = record.data;
  const name = image?.label ?? text.image.nameless;

  return (
    <Dialog wide title={name} onClose={onClose}>
      <div className="grid gap-8 p-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
        {record.isError && <FailureNotice failure={failureOf(record.error)} onRetry={() => void record.refetch()} />}
        {image && (
          <>
            <Large image={image} name={name} />
            {editing ? (
              <EditForm
                image={image}
                onDone={() => {
                  setEditing(false);
                }}
              />
            ) : (
              <div className="flex flex-col gap-6">
                <ImageFacts image={image} />
                <div className="flex flex-wrap gap-2">
                  <Link href={searchFor(image)} className={looksLikeButton({ kind: "primary" })}>
                    <Search aria-hidden className="size-4" />
                    {text.image.search}
                  </Link>
                  <Button
                    onClick={() => {
                      setEditing(true);
                    }}
                  >
                    <Pencil aria-hidden className="size-4" />
                    {text.image.edit}
                  </Button>
                  <FileLink href={image.links.content} className={looksLikeButton()}>
                    <ExternalLink aria-hidden className="size-4" />
                    {text.image.original}
                  </FileLink>
                  <Button
                    kind="alarm"
                    onClick={() => {
                      deletions.remove([{ collection, id, name }]);
                      onClose();
                    }}
                  >
                    <Trash2 aria-hidden className="size-4" />
                    {text.image.remove}
                  </Button>
                </div>
              </div>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}

function Large({ image, name }: { image: Image; name: string }) {
  const ratio = image.width / image.height;
  return (
    <div
      className="w-full max-w-[calc(75vh*var(--ratio))] justify-self-center overflow-hidden rounded-2xl bg-well"
      style={{ aspectRatio: ratio, "--ratio": ratio }}
    >
      <Picture eager src={image.links.content} alt={name} />
    </div>
  );
}

const searchFor = ({ collection, id }: Image): string =>
  hrefOf({ ...emptyQuery(collection), examples: [{ source: { kind: "stored", id }, wanted: "more" }] });
