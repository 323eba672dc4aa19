import type { ReactNode } from "react";

/** Extreme panoramas and strips are cut to these shapes in rows of pictures. */
const NARROWEST = 0.5;
const WIDEST = 2.6;

interface Props {
  width: number;
  height: number;
  /** What is said below the picture. */
  caption?: ReactNode;
  /** The picture. */
  children: ReactNode;
  "data-result"?: string;
}

/** The place of a picture in `picture-rows`, of the picture's shape before the picture is there. */
export function Frame({ width, height, caption, children, ...rest }: Props) {
  const ratio = Math.min(Math.max(width / height, NARROWEST), WIDEST);
  return (
    <li className="min-w-0" style={{ flex: `${ratio} 1 calc(${ratio} * var(--row))` }} {...rest}>
      <div style={{ aspectRatio: ratio }}>{children}</div>
      {caption}
    </li>
  );
}
