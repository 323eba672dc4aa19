"use client";

import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import { sha256 } from "@/api/digest";
import { addImage, knownDigests } from "@/api/images";
import { isOver, UploadQueue, type Gateway, type Upload } from "./queue";
import { mayBeImage, type Found } from "./scan";

const gateway: Gateway = { digest: sha256, known: knownDigests, add: addImage, rest };

interface Uploads {
  queue: UploadQueue;
  /** Files that were left out because their names are not those of images. */
  skipped: number;
  add: (collection: string, found: readonly Found[]) => void;
  clear: () => void;
}

const UploadContext = createContext<Uploads | undefined>(undefined);

export function useUploads(): Uploads {
  const uploads = use(UploadContext);
  if (!uploads) throw new Error("there is no UploadProvider");
  return uploads;
}

const NONE: readonly Upload[] = [];

export function useUploadList(): readonly Upload[] {
  const { queue } = useUploads();
  return useSyncExternalStore(queue.subscribe, queue.uploads, () => NONE);
}

/** Uploads go on while the page goes from one of its parts to another. */
export function UploadProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [queue] = useState(() => new UploadQueue(gateway));
  const [skipped, setSkipped] = useState(0);

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (queue.uploads().some((upload) => !isOver(upload))) event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => {
      window.removeEventListener("beforeunload", warn);
    };
  }, [queue]);

  const uploads = useMemo(
    () => ({
      queue,
      skipped,
      add: (collection: string, found: readonly Found[]) => {
        const images = found.filter(mayBeImage);
        setSkipped((before) => before + found.length - images.length);
        void queue.add(collection, images).then(() => client.invalidateQueries());
      },
      clear: () => {
        setSkipped(0);
        queue.clear();
      },
    }),
    [queue, skipped, client],
  );
  return <UploadContext value={uploads}>{children}</UploadContext>;
}

function rest(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      window.clearTimeout(timer);
      resolve();
    });
  });
}
