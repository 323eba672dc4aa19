"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { FolderUp, ImagePlus } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useCallback, useEffect, useMemo } from "react";
import { failureOf } from "@/api/failure";
import { listImages } from "@/api/images";
import { useDeletions } from "@/deletion/DeletionProvider";
import { More, Skeleton } from "@/search/ResultGrid";
import { useFormats, useText } from "@/text/language";
import { DropVeil } from "@/ui/DropVeil";
import { FailureNotice } from "@/ui/FailureNotice";
import { hrefIn, useCollection, useHasImages, useSize } from "@/ui/collection";
import { filesChosen } from "@/uploads/scan";
import { UploadPanel } from "@/uploads/UploadPanel";
import { useUploads } from "@/uploads/UploadProvider";
import { EmptyCollection } from "./EmptyCollection";
import { FilesInput } from "./FilesInput";
import { ImageTile } from "./ImageTile";
import { LabelBar } from "./LabelBar";
import { useFileDrop } from "./useFileDrop";

/** Comes when somebody looks closer. */
const ImageDialog = dynamic(() => import("./ImageDialog").then((module) => module.ImageDialog), { ssr: false });

export function CollectionPage() {
  const text = useText();
  const formats = useFormats();
  const router = useRouter();
  const collection = useCollection();
  const parameters = useSearchParams();
  const label = parameters.get("label") ?? undefined;
  const viewed = parameters.get("view") ?? undefined;
  const uploads = useUploads();
  const size = useSize(collection);
  const listing = useListing(collection, label);
  const { add } = uploads;
  const dragging = useFileDrop((found) => {
    add(collection, found);
  });

  const here = hrefIn("/collection/", collection);
  const go = (changes: Record<string, string | undefined>) => {
    const to = new URLSearchParams(here.split("?")[1]);
    for (const [name, value] of Object.entries({ label, ...changes })) if (value !== undefined) to.set(name, value);
    router.push(`/collection/?${to.toString()}`, { scroll: false });
  };
  const choose = (files: FileList) => {
    add(collection, filesChosen(files));
  };

  useEffect(() => {
    document.title = `${text.collection.title} · Lookalike`;
  }, [text]);

  return (
    <div className="pt-8">
      {dragging && <DropVeil words={text.collection.drop} />}
      <div className="mb-6 flex flex-wrap items-end gap-x-4 gap-y-3">
        <h1 className="text-3xl font-bold tracking-tight sm:text-4xl">{text.collection.title}</h1>
        <p className="pb-1 text-lg text-soft tabular-nums">
          {size !== undefined && (size === 1 ? text.collection.oneImage : text.collection.images(formats.number(size)))}
        </p>
        <div className="flex flex-wrap gap-2 sm:ml-auto">
          <FilesInput kind="primary" onFiles={choose}>
            <ImagePlus aria-hidden className="size-5" />
            {text.collection.add}
          </FilesInput>
          <FilesInput folder onFiles={choose}>
            <FolderUp aria-hidden className="size-5" />
            {text.collection.addFolder}
          </FilesInput>
        </div>
      </div>
      <UploadPanel />
      {size === 0 ? (
        <EmptyCollection />
      ) : (
        <>
          <LabelBar
            collection={collection}
            chosen={label}
            onChoose={(chosen) => {
              go({ label: chosen });
            }}
          />
          {listing.isError && (
            <FailureNotice failure={failureOf(listing.error)} onRetry={() => void listing.refetch()} />
          )}
          {listing.isPending && <Skeleton />}
          {listing.images.length > 0 && (
            <ul aria-label={text.collection.title} className="picture-rows">
              {listing.images.map((image) => (
                <ImageTile
                  key={image.id}
                  image={image}
                  onOpen={() => {
                    go({ view: image.id });
                  }}
                />
              ))}
            </ul>
          )}
          {listing.isSuccess && listing.images.length === 0 && (
            <p className="rounded-3xl bg-well p-10 text-center text-soft">{text.collection.noneOfLabel}</p>
          )}
          {listing.hasNextPage && <More onNear={listing.more} />}
        </>
      )}
      {viewed !== undefined && (
        <ImageDialog
          key={viewed}
          collection={collection}
          id={viewed}
          onClose={() => {
            go({});
          }}
        />
      )}
    </div>
  );
}

/** The images of a collection, or of a label of it, page by page, without those that are going to be deleted. */
function useListing(collection: string, label: string | undefined) {
  const deletions = useDeletions();
  const listing = useInfiniteQuery({
    queryKey: ["images", collection, label],
    queryFn: ({ pageParam, signal }) => listImages(collection, pageParam, signal, { label }),
    initialPageParam: undefined as string | undefined,
    enabled: useHasImages(collection),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const { data, isFetchingNextPage, fetchNextPage } = listing;
  const images = useMemo(
    () => (data?.pages.flatMap((page) => page.images) ?? []).filter(({ id }) => !deletions.isPending(collection, id)),
    [data, deletions, collection],
  );
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [isFetchingNextPage, fetchNextPage]);
  return { ...listing, images, more };
}
