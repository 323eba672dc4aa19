"use client";

import { createContext, use, useLayoutEffect, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { Preference } from "@/ui/preference";
import { en, type Text } from "./en";
import { es } from "./es";
import { formats, type Formats } from "./formats";

const texts = { en, es };
export type Language = keyof typeof texts;
export const LANGUAGES: readonly { tag: Language; name: string }[] = [
  { tag: "en", name: en.language },
  { tag: "es", name: es.language },
];

const chosen = new Preference<Language>("language", ["en", "es"], ofBrowser);

/** The first of the browser's languages that the page speaks. */
function ofBrowser(): Language {
  for (const tag of navigator.languages) {
    const found = LANGUAGES.find((language) => tag.slice(0, 2) === language.tag);
    if (found) return found.tag;
  }
  return "en";
}

interface Speech {
  language: Language;
  text: Text;
  formats: Formats;
}

const SpeechContext = createContext<Speech>({ language: "en", text: en, formats: formats("en") });

export function LanguageProvider({ children }: { children: ReactNode }) {
  const language = useSyncExternalStore(chosen.subscribe, chosen.get, () => "en" as const);
  useLayoutEffect(() => {
    document.documentElement.lang = language;
    delete document.documentElement.dataset["waking"];
  }, [language]);
  const speech = useMemo(() => ({ language, text: texts[language], formats: formats(language) }), [language]);
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

export const useText = (): Text => use(SpeechContext).text;
export const useFormats = (): Formats => use(SpeechContext).formats;
export const useLanguage = (): [Language, (language: Language) => void] => [use(SpeechContext).language, chosen.set];
