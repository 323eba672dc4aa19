"use client";

import { useEffect, useState, useSyncExternalStore } from "react";
import { readFile } from "@/api/images";
import { keyState, noKey, subscribe } from "@/api/key";

interface Props {
  /** A path on the gateway. */
  src: string;
  alt: string;
  className?: string;
  eager?: boolean;
}

/** A picture of the gateway's. The place that it fills is the caller's, so nothing moves when it comes. */
export function Picture({ src, alt, className = "", eager = false }: Props) {
  const shown = useSource(src);
  const [loaded, setLoaded] = useState<string>();
  return (
    <img
      src={shown}
      alt={alt}
      loading={eager ? "eager" : "lazy"}
      decoding="async"
      draggable={false}
      onLoad={() => {
        setLoaded(src);
      }}
      onError={() => {
        setLoaded(src);
      }}
      className={`size-full transition-opacity duration-300 ${loaded === src ? "" : "opacity-0"} ${className}`}
    />
  );
}

/** An image element cannot show an API key, so where there is one the file is fetched with it. */
function useSource(src: string): string | undefined {
  const { key } = useSyncExternalStore(subscribe, keyState, noKey);
  const [fetched, setFetched] = useState<{ src: string; url: string }>();

  useEffect(() => {
    if (key === undefined) return;
    const leaving = new AbortController();
    let url: string | undefined;
    readFile(src, leaving.signal).then(
      (file) => {
        url = URL.createObjectURL(file);
        setFetched({ src, url });
      },
      () => undefined, // the alternative text stays
    );
    return () => {
      leaving.abort();
      if (url) URL.revokeObjectURL(url);
    };
  }, [src, key]);

  if (key === undefined) return src;
  return fetched?.src === src ? fetched.url : undefined;
}
