"use client";

import { useMemo, useRef } from "react";
import type { Query } from "./query";
import { adjust, go } from "./useQueryAddress";

/** Opens and closes what is looked at more closely, as the address has it. */
export function useView(query: Query, viewed: string | undefined) {
  const opened = useRef(false);
  return useMemo(
    () => ({
      open: (id: string) => {
        opened.current = true;
        go(query, id);
      },
      /** Look at another one instead. */
      step: (id: string) => {
        if (id !== viewed) adjust(query, id);
      },
      close: () => {
        // As the back button does; a page that was opened with it has nowhere to go back to.
        if (opened.current) window.history.back();
        else adjust(query);
        opened.current = false;
      },
    }),
    [query, viewed],
  );
}
