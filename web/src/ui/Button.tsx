import type { ComponentProps } from "react";

const KINDS = {
  primary: "bg-ink text-paper hover:bg-ink/85 disabled:bg-edge",
  plain: "bg-card text-ink border border-line hover:border-edge shadow-xs disabled:text-soft",
  bare: "text-ink hover:bg-well disabled:text-soft",
  alarm: "bg-card text-alarm border border-line hover:border-alarm",
} as const;

const SIZES = {
  regular: "min-h-10 px-4 gap-2 rounded-xl text-[0.9375rem]",
  small: "min-h-8 px-2.5 gap-1.5 rounded-lg text-sm",
  square: "size-10 rounded-xl",
} as const;

export interface Look {
  kind?: keyof typeof KINDS;
  size?: keyof typeof SIZES;
}

/** What a button looks like, for links and labels that act as one. */
export const looksLikeButton = ({ kind = "plain", size = "regular" }: Look = {}): string =>
  `inline-flex items-center justify-center font-medium transition-colors select-none cursor-pointer ${KINDS[kind]} ${SIZES[size]}`;

export function Button({ kind = "plain", size = "regular", className = "", ...rest }: ComponentProps<"button"> & Look) {
  return <button type="button" className={`${looksLikeButton({ kind, size })} ${className}`} {...rest} />;
}
