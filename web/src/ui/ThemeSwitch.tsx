"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { useText } from "@/text/language";
import { Button } from "./Button";
import { THEMES, useTheme } from "./theme";

const ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

/** Goes round: as the system has it, light, dark. */
export function ThemeSwitch() {
  const text = useText();
  const [theme, choose] = useTheme();
  const Icon = ICONS[theme];
  const name = `${text.nav.theme}: ${text.nav.themes[theme]}`;
  return (
    <Button
      kind="bare"
      size="square"
      aria-label={name}
      title={name}
      onClick={() => {
        choose(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system");
      }}
    >
      <Icon aria-hidden className="size-5" />
    </Button>
  );
}
