"use client";

import { X } from "lucide-react";
import { useId, useLayoutEffect, useRef, type MouseEvent, type ReactNode } from "react";
import { useText } from "@/text/language";
import { Button } from "./Button";

interface Props {
  title: string;
  /** Told when the dialog is to be closed, by whatever means. */
  onClose: () => void;
  wide?: boolean;
  children: ReactNode;
}

/**
 * A modal dialog that is open as long as it is rendered. The browser keeps the focus in it and gives it back after. It
 * begins at what is marked `data-first`, else at the button that closes the dialog.
 */
export function Dialog({ title, onClose, wide = false, children }: Props) {
  const text = useText();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);

  // Closed before it is taken out of the page: only then does the browser give the focus back.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    shown?.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => shown?.close();
  }, []);

  const closeFromBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose();
  };

  return (
    // The keyboard closes a dialog by Escape, which arrives as `cancel`.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClick={closeFromBackdrop}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      className={`m-auto max-h-[calc(100dvh-1.5rem)] w-[calc(100vw-1.5rem)] overflow-hidden rounded-3xl bg-card text-ink shadow-float backdrop:bg-night/60 backdrop:backdrop-blur-xs open:animate-rise ${wide ? "max-w-6xl" : "max-w-lg"}`}
    >
      <div className="flex max-h-[calc(100dvh-1.5rem)] flex-col">
        <header className="flex items-center justify-between gap-4 border-b border-line py-3 pr-3 pl-6">
          <h2 id={id} className="truncate text-lg font-semibold">
            {title}
          </h2>
          <Button kind="bare" size="square" aria-label={text.close} onClick={onClose}>
            <X aria-hidden />
          </Button>
        </header>
        <div className="overflow-y-auto">{children}</div>
      </div>
    </dialog>
  );
}
