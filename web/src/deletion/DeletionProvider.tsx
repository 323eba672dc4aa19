"use client";

import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { deleteImage, deleteOnLeave } from "@/api/images";
import { useText } from "@/text/language";
import { useToasts } from "@/ui/Toasts";

/** How long a deletion can be undone. */
const UNDO_MILLISECONDS = 7000;

interface Doomed {
  collection: string;
  id: string;
  name: string;
}

interface Deletions {
  /** Hide images now, and delete them when the time for undoing it is over, or the page is left. */
  remove: (images: readonly Doomed[]) => void;
  /** Whether an image is hidden because it is going to be deleted. */
  isPending: (collection: string, id: string) => boolean;
}

const DeletionContext = createContext<Deletions>({ remove: () => undefined, isPending: () => false });

export const useDeletions = (): Deletions => use(DeletionContext);

const keyOf = ({ collection, id }: Pick<Doomed, "collection" | "id">): string => `${collection}/${id}`;

/**
 * Deletes with an undo. The gateway deletes for good, so nothing is sent until the time for undoing is over; an image that
 * is hidden here is seen by others for so long.
 */
export function DeletionProvider({ children }: { children: ReactNode }) {
  const text = useText();
  const { show } = useToasts();
  const client = useQueryClient();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const waiting = useRef(new Map<string, { doomed: readonly Doomed[]; timer: number }>());

  const unhide = useCallback((images: readonly Doomed[]) => {
    const keys = new Set(images.map(keyOf));
    setHidden((before) => new Set([...before].filter((key) => !keys.has(key))));
  }, []);

  const send = useCallback(
    async (images: readonly Doomed[]) => {
      for (const image of images) {
        try {
          await deleteImage(image.collection, image.id);
        } catch {
          show({ name: keyOf(image), message: text.deletion.failed(image.name) });
        }
      }
      // Answers of before still hold them: they come to light again only when new ones are there.
      await client.invalidateQueries();
      unhide(images);
    },
    [client, show, text, unhide],
  );

  const remove = useCallback(
    (images: readonly Doomed[]) => {
      const [first] = images;
      if (!first) return;
      const batch = keyOf(first);
      setHidden((before) => new Set([...before, ...images.map(keyOf)]));
      const timer = window.setTimeout(() => {
        waiting.current.delete(batch);
        void send(images);
      }, UNDO_MILLISECONDS);
      waiting.current.set(batch, { doomed: images, timer });
      const undo = () => {
        window.clearTimeout(timer);
        waiting.current.delete(batch);
        unhide(images);
        show({ name: batch, message: text.deletion.kept });
      };
      const name = images.length === 1 ? first.name : text.collection.images(String(images.length));
      show({
        name: batch,
        message: text.deletion.removed(name),
        action: { words: text.deletion.undo, run: undo },
        milliseconds: UNDO_MILLISECONDS,
      });
    },
    [send, show, text, unhide],
  );

  useEffect(() => {
    const batches = waiting.current;
    const sendAll = () => {
      for (const { doomed, timer } of batches.values()) {
        window.clearTimeout(timer);
        for (const { collection, id } of doomed) deleteOnLeave(collection, id);
      }
      batches.clear();
    };
    window.addEventListener("pagehide", sendAll);
    return () => {
      window.removeEventListener("pagehide", sendAll);
    };
  }, []);

  const deletions = useMemo(
    () => ({ remove, isPending: (collection: string, id: string) => hidden.has(keyOf({ collection, id })) }),
    [remove, hidden],
  );
  return <DeletionContext value={deletions}>{children}</DeletionContext>;
}
