"use client";

import type { ReactNode } from "react";
import { looksLikeButton, type Look } from "@/ui/Button";

interface Props extends Look {
  onPhoto: (photo: File) => void;
  /** Opens the camera of a phone instead of its photos. */
  camera?: boolean;
  className?: string;
  children: ReactNode;
}

/** A button that lets somebody choose a photo, or take one. */
export function PhotoInput({ onPhoto, camera = false, className = "", children, ...look }: Props) {
  return (
    <label
      className={`${looksLikeButton(look)} has-focus-visible:outline-3 has-focus-visible:outline-offset-2 has-focus-visible:outline-ink ${className}`}
    >
      {children}
      <input
        type="file"
        accept="image/*"
        {...(camera ? { capture: "environment" as const } : {})}
        className="sr-only"
        onChange={(event) => {
          const photo = event.target.files?.[0];
          // The same photo can be chosen again.
          event.target.value = "";
          if (photo) onPhoto(photo);
        }}
      />
    </label>
  );
}
