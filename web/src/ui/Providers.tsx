"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { failureOf } from "@/api/failure";
import { DeletionProvider } from "@/deletion/DeletionProvider";
import { LanguageProvider } from "@/text/language";
import { UploadProvider } from "@/uploads/UploadProvider";
import { KeyDialog } from "./KeyDialog";
import { ToastProvider } from "./Toasts";

const RETRIES = 3;
const LONGEST_WAIT_MILLISECONDS = 8000;

/** What the whole page shares; it outlives the way from one of its parts to another. */
export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(makeClient);
  return (
    <QueryClientProvider client={client}>
      <LanguageProvider>
        <ToastProvider>
          <DeletionProvider>
            <UploadProvider>
              {children}
              <KeyDialog />
            </UploadProvider>
          </DeletionProvider>
        </ToastProvider>
      </LanguageProvider>
    </QueryClientProvider>
  );
}

function makeClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        // Only where the gateway says that trying again makes sense, and when it says.
        retry: (count, thrown) => count < RETRIES && failureOf(thrown).retryAfter !== undefined,
        retryDelay: (_, thrown) => Math.min((failureOf(thrown).retryAfter ?? 1) * 1000, LONGEST_WAIT_MILLISECONDS),
        networkMode: "always",
      },
    },
  });
}
