"use client";

import { LANGUAGES, useLanguage, useText } from "@/text/language";

export function LanguageSwitch() {
  const text = useText();
  const [language, choose] = useLanguage();
  return (
    <label className="relative rounded-xl hover:bg-well has-focus-visible:outline-3 has-focus-visible:outline-ink">
      <span className="sr-only">{text.nav.chooseLanguage}</span>
      <span aria-hidden className="flex size-10 items-center justify-center text-sm font-semibold uppercase">
        {language}
      </span>
      <select
        value={language}
        onChange={(event) => {
          const chosen = LANGUAGES.find(({ tag }) => tag === event.target.value);
          if (chosen) choose(chosen.tag);
        }}
        className="absolute inset-0 size-full opacity-0"
      >
        {LANGUAGES.map(({ tag, name }) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
