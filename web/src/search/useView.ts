"use client";

import { useMemo, useRef } from "react";
import { hrefOf, type Query } from "./query";

/** Opens and closes what is looked at more closely, as the address has it. */
export function useView(query: Query, viewed: string | undefined) {
  const opened = useRef(false);
  return useMemo(
    () => ({
      open: (id: string) => {
        opened.current = true;
        window.history.pushState(null, "", `${hrefOf(query)}&view=${id}`);
      },
      /** Look at another one instead. */
      step: (id: string) => {
        if (id !== viewed) window.history.replaceState(null, "", `${hrefOf(query)}&view=${id}`);
      },
      close: () => {
        // As the back button does; a page that was opened with it has nowhere to go back to.
        if (opened.current) window.history.back();
        else window.history.replaceState(null, "", hrefOf(query));
        opened.current = false;
      },
    }),
    [query, viewed],
  );
}
