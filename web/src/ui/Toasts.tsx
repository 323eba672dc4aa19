"use client";

import { X } from "lucide-react";
import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode } from "react";
import { useText } from "@/text/language";
import { Button } from "./Button";

const SHOWN_MILLISECONDS = 5000;
const MOST = 3;

export interface Toast {
  /** One of a name replaces the one before it. */
  name: string;
  message: string;
  action?: { words: string; run: () => void };
  /** How long it stays; a few seconds where it is not said. */
  milliseconds?: number;
}

interface Toaster {
  show: (toast: Toast) => void;
  hide: (name: string) => void;
}

const ToastContext = createContext<Toaster>({ show: () => undefined, hide: () => undefined });

export const useToasts = (): Toaster => use(ToastContext);

/** Short messages at the foot of the page. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const text = useText();
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const timers = useRef(new Map<string, number>());

  const hide = useCallback((name: string) => {
    window.clearTimeout(timers.current.get(name));
    setToasts((shown) => shown.filter((toast) => toast.name !== name));
  }, []);

  const show = useCallback(
    (toast: Toast) => {
      window.clearTimeout(timers.current.get(toast.name));
      setToasts((shown) => [...shown.filter(({ name }) => name !== toast.name), toast].slice(-MOST));
      const hideIt = () => {
        hide(toast.name);
      };
      timers.current.set(toast.name, window.setTimeout(hideIt, toast.milliseconds ?? SHOWN_MILLISECONDS));
    },
    [hide],
  );

  const toaster = useMemo(() => ({ show, hide }), [show, hide]);
  return (
    <ToastContext value={toaster}>
      {children}
      <div role="status" className="fixed inset-x-4 bottom-4 z-40 flex flex-col items-center gap-2 sm:bottom-6">
        {toasts.map(({ name, message, action }) => (
          <div
            key={name}
            className="flex max-w-xl animate-rise items-center gap-3 rounded-2xl bg-ink py-2 pr-2 pl-5 text-paper shadow-float"
          >
            <p className="py-1">{message}</p>
            {action && (
              <button
                type="button"
                className="rounded-lg bg-marigold px-3 py-1.5 font-semibold text-on-marigold"
                onClick={() => {
                  hide(name);
                  action.run();
                }}
              >
                {action.words}
              </button>
            )}
            <Button
              kind="bare"
              size="small"
              className="text-paper hover:bg-paper/15"
              aria-label={text.close}
              onClick={() => {
                hide(name);
              }}
            >
              <X aria-hidden className="size-4" />
            </Button>
          </div>
        ))}
      </div>
    </ToastContext>
  );
}
