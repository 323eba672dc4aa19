import { useSyncExternalStore } from "react";
import { Preference } from "./preference";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const chosen = new Preference<Theme>("theme", THEMES, () => "system");

/** The colours chosen in this browser; `public/boot.js` applies them before the first paint. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore(chosen.subscribe, chosen.get, () => "system" as const);
  return [theme, choose];
}

function choose(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  chosen.set(theme);
}
