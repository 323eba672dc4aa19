"use client";

import { Activity, Copy, Images, KeyRound, Search, type LucideIcon } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { useSyncExternalStore } from "react";
import { askForKey, keyState, noKey, subscribe } from "@/api/key";
import { useText } from "@/text/language";
import { UploadBadge } from "@/uploads/UploadBadge";
import { Button } from "./Button";
import { hrefIn, useCollection, useStats } from "./collection";
import { LanguageSwitch } from "./LanguageSwitch";
import { Logo } from "./Logo";
import { ThemeSwitch } from "./ThemeSwitch";

const PARTS = [
  { path: "/", name: "search", icon: Search },
  { path: "/collection/", name: "collection", icon: Images },
  { path: "/duplicates/", name: "duplicates", icon: Copy },
  { path: "/status/", name: "status", icon: Activity },
] as const satisfies readonly { path: string; name: string; icon: LucideIcon }[];

export function Header() {
  const text = useText();
  const path = usePathname();
  const collection = useCollection();
  const { key } = useSyncExternalStore(subscribe, keyState, noKey);

  return (
    <header className="sticky top-0 z-30 border-b border-line/70 bg-paper/90 backdrop-blur-md">
      <div className="mx-auto flex h-16 max-w-[100rem] items-center gap-1 px-4 sm:gap-3 sm:px-6 lg:px-8">
        <Link
          href={hrefIn("/", collection)}
          prefetch={false}
          className="flex items-center gap-2.5 rounded-lg"
          aria-label="Lookalike"
        >
          <Logo className="size-8" />
          <span className="font-display text-xl font-bold tracking-tight max-md:hidden">Lookalike</span>
        </Link>
        <nav aria-label={text.nav.main} className="ml-1 md:ml-4">
          <ul className="flex gap-0.5 sm:gap-1">
            {PARTS.map(({ path: to, name, icon: Icon }) => (
              <li key={to}>
                <Link
                  href={hrefIn(to, collection)}
                  prefetch={false}
                  aria-current={path === to ? "page" : undefined}
                  className="flex h-10 min-w-10 items-center justify-center gap-2 rounded-xl px-2.5 font-medium text-soft transition-colors hover:text-ink aria-[current=page]:bg-well aria-[current=page]:text-ink sm:px-3"
                >
                  <Icon aria-hidden className="size-[1.125rem] lg:hidden" />
                  <span className="max-lg:sr-only">{text.nav[name]}</span>
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        {/* It fills the rest, so that nothing moves when there are collections to choose from. */}
        <div className="flex flex-1 items-center justify-end gap-0.5 sm:gap-1">
          <UploadBadge />
          <CollectionChoice />
          {key !== undefined && (
            <Button kind="bare" size="square" aria-label={text.key.change} title={text.key.change} onClick={askForKey}>
              <KeyRound aria-hidden className="size-5" />
            </Button>
          )}
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </div>
    </header>
  );
}

/** Shown where there is something to choose. */
function CollectionChoice() {
  const text = useText();
  const router = useRouter();
  const path = usePathname();
  const collection = useCollection();
  const known = useStats().data?.search.collections.map(({ name }) => name) ?? [];
  const names = [...new Set([collection, ...known])].sort();
  if (names.length < 2) return null;
  return (
    <select
      aria-label={text.nav.chooseCollection}
      value={collection}
      onChange={(event) => {
        router.push(hrefIn(path, event.target.value));
      }}
      className="field w-auto max-w-28 truncate text-sm sm:max-w-44"
    >
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}
