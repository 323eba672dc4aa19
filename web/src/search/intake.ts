"use client";

import { useEffectEvent, useLayoutEffect, useState } from "react";

/** What somebody gave the page to search with. */
export type Given = { kind: "photo"; photo: Blob } | { kind: "address"; url: string };

/** Take what is dropped or pasted anywhere on the page. Tells whether something is being dragged over it. */
export function useIntake(onGiven: (given: Given) => void): boolean {
  const [dragging, setDragging] = useState(false);
  const take = useEffectEvent((data: DataTransfer | null): boolean => {
    const given = data && givenBy(data);
    if (given) onGiven(given);
    return Boolean(given);
  });

  // With the layout: what is dropped as soon as the page can be seen is not lost.
  useLayoutEffect(() => {
    // Each element that is entered says so before the one that is left does.
    let depth = 0;
    const enter = (event: DragEvent) => {
      if (!bringsSomething(event)) return;
      depth += 1;
      setDragging(true);
    };
    const over = (event: DragEvent) => {
      if (bringsSomething(event)) event.preventDefault();
    };
    const leave = () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setDragging(false);
    };
    const drop = (event: DragEvent) => {
      depth = 0;
      setDragging(false);
      if (take(event.dataTransfer)) event.preventDefault();
    };
    const paste = (event: ClipboardEvent) => {
      // Text that is pasted into a field is meant for the field.
      const inField = event.target instanceof HTMLElement && event.target.closest("input, textarea") !== null;
      if (inField && event.clipboardData?.files.length === 0) return;
      if (take(event.clipboardData)) event.preventDefault();
    };
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    window.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("dragenter", enter);
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
      window.removeEventListener("paste", paste);
    };
  }, []);
  return dragging;
}

const bringsSomething = (event: DragEvent): boolean =>
  event.dataTransfer?.types.some((type) => type === "Files" || type === "text/uri-list") ?? false;

function givenBy(data: DataTransfer): Given | undefined {
  const photo = Array.from(data.files)[0];
  if (photo) return { kind: "photo", photo };
  const url = (data.getData("text/uri-list") || data.getData("text/plain")).trim();
  return /^https?:\/\/\S+$/.test(url) ? { kind: "address", url } : undefined;
}
