"use client";

import Link from "next/link";
import { useText } from "@/text/language";
import { looksLikeButton } from "./Button";

/** What an address shows that leads nowhere. */
export function Nowhere() {
  const text = useText();
  return (
    <section className="py-24 text-center">
      <h1 className="text-4xl font-bold">{text.notFound.title}</h1>
      <Link href="/" className={`mt-6 ${looksLikeButton({ kind: "primary" })}`}>
        {text.notFound.next}
      </Link>
    </section>
  );
}
