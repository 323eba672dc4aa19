import "react";

declare module "react" {
  // Custom properties are styles too. Only an interface merges, so no record can say it.
  // eslint-disable-next-line @typescript-eslint/consistent-indexed-object-style
  interface CSSProperties {
    [property: `--${string}`]: string | number | undefined;
  }
}
