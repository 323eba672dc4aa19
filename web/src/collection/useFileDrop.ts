"use client";

import { useEffectEvent, useLayoutEffect, useState } from "react";
import { filesDropped, type Found } from "@/uploads/scan";

/** Take files and folders that are dropped anywhere on the page. Tells whether something is being dragged over it. */
export function useFileDrop(onFiles: (found: readonly Found[]) => void): boolean {
  const [dragging, setDragging] = useState(false);
  const take = useEffectEvent(async (data: DataTransfer) => {
    onFiles(await filesDropped(data));
  });

  // With the layout: what is dropped as soon as the page can be seen is not lost.
  useLayoutEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setDragging(true);
    };
    const leave = (event: DragEvent) => {
      // Without a related target it is the window that was left.
      if (event.relatedTarget === null) setDragging(false);
    };
    const drop = (event: DragEvent) => {
      setDragging(false);
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      void take(event.dataTransfer);
    };
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, []);
  return dragging;
}
