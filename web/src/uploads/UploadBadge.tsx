"use client";

import { LoaderCircle } from "lucide-react";
import Link from "next/link";
import { hrefIn, useCollection } from "@/ui/collection";
import { useFormats, useText } from "@/text/language";
import { isOver } from "./queue";
import { useUploadList } from "./UploadProvider";

/** Says in the header that images are being added. */
export function UploadBadge() {
  const text = useText();
  const formats = useFormats();
  const collection = useCollection();
  const uploads = useUploadList();
  const done = uploads.filter(isOver).length;
  if (done === uploads.length) return null;
  const [before, total] = [formats.number(done), formats.number(uploads.length)];
  return (
    <Link
      href={hrefIn("/collection/", collection)}
      aria-label={text.uploads.running(before, total)}
      className="flex h-10 items-center gap-2 rounded-xl bg-marigold px-3 text-sm font-semibold text-on-marigold tabular-nums"
    >
      <LoaderCircle aria-hidden className="size-4 animate-spin" />
      {before}/{total}
    </Link>
  );
}
