import type { Metadata, Viewport } from "next";
import localFont from "next/font/local";
import { Suspense, type ReactNode } from "react";
import { Header } from "@/ui/Header";
import { Providers } from "@/ui/Providers";
import { SkipLink } from "@/ui/SkipLink";
import "./globals.css";

const figtree = localFont({
  src: "../../node_modules/@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2",
  weight: "300 900",
  variable: "--font-figtree",
});
const bricolage = localFont({
  src: "../../node_modules/@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2",
  weight: "200 800",
  variable: "--font-bricolage",
});

export const metadata: Metadata = {
  title: { default: "Lookalike", template: "%s · Lookalike" },
  description: "Drop a photo, see what looks like it.",
  robots: { index: false },
};

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#faf8f4" },
    { media: "(prefers-color-scheme: dark)", color: "#131210" },
  ],
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    // boot.js writes to this element before React reads it.
    <html lang="en" className={`${figtree.variable} ${bricolage.variable}`} suppressHydrationWarning>
      <head>
        {/* It has to run before the first paint, and the policy of the page admits no inline script. */}
        {/* eslint-disable-next-line @next/next/no-sync-scripts */}
        <script src="/boot.js" />
      </head>
      <body>
        <Providers>
          <SkipLink />
          <Suspense fallback={<header className="h-16" />}>
            <Header />
          </Suspense>
          <main id="content" className="mx-auto w-full max-w-[100rem] px-4 pb-24 sm:px-6 lg:px-8">
            {children}
          </main>
        </Providers>
      </body>
    </html>
  );
}
