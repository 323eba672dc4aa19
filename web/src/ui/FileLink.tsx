"use client";

import { useSyncExternalStore, type MouseEvent, type ReactNode } from "react";
import { readFile } from "@/api/images";
import { keyState, noKey, subscribe } from "@/api/key";

/** How long the browser has to open a file that was fetched for it. */
const OPENED_MILLISECONDS = 60_000;

/** A link to a file of the gateway's, in a tab of its own; where a key has to be shown, the file is fetched with it. */
export function FileLink({ href, className, children }: { href: string; className: string; children: ReactNode }) {
  const { key } = useSyncExternalStore(subscribe, keyState, noKey);
  const open = (event: MouseEvent) => {
    if (key === undefined) return;
    event.preventDefault();
    const tab = window.open("about:blank");
    const show = (file: Blob) => {
      const url = URL.createObjectURL(file);
      if (tab) tab.location = url;
      window.setTimeout(() => {
        URL.revokeObjectURL(url);
      }, OPENED_MILLISECONDS);
    };
    readFile(href, new AbortController().signal).then(show, () => tab?.close());
  };
  return (
    <a href={href} target="_blank" rel="noopener" className={className} onClick={open}>
      {children}
    </a>
  );
}
