"use client";

import type { ReactNode } from "react";
import { looksLikeButton, type Look } from "@/ui/Button";

interface Props extends Look {
  onFiles: (files: FileList) => void;
  /** Choose a folder with all that is in it. */
  folder?: boolean;
  children: ReactNode;
}

/** A button that lets somebody choose files, or a folder. */
export function FilesInput({ onFiles, folder = false, children, ...look }: Props) {
  return (
    <label
      className={`${looksLikeButton(look)} has-focus-visible:outline-3 has-focus-visible:outline-offset-2 has-focus-visible:outline-ink ${folder ? "pointer-coarse:hidden" : ""}`}
    >
      {children}
      <input
        type="file"
        multiple
        {...(folder ? { webkitdirectory: "" } : { accept: "image/*" })}
        className="sr-only"
        onChange={(event) => {
          if (event.target.files) onFiles(event.target.files);
          event.target.value = "";
        }}
      />
    </label>
  );
}
