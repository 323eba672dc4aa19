"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, LoaderCircle } from "lucide-react";
import Link from "next/link";
import { useEffect, type ReactNode } from "react";
import { failureOf } from "@/api/failure";
import { readReadiness, readStats } from "@/api/operations";
import type { Stats } from "@/api/types";
import { useFormats, useText } from "@/text/language";
import { looksLikeButton } from "@/ui/Button";
import { FailureNotice } from "@/ui/FailureNotice";
import { hrefIn } from "@/ui/collection";

const AGAIN_MILLISECONDS = 5000;

/** What runs, whether it works, and what it holds. */
export function StatusPage() {
  const text = useText();
  const readiness = useQuery({
    queryKey: ["readiness"],
    queryFn: ({ signal }) => readReadiness(signal),
    refetchInterval: AGAIN_MILLISECONDS,
    retry: false,
  });
  const stats = useQuery({
    queryKey: ["stats"],
    queryFn: ({ signal }) => readStats(signal),
    refetchInterval: AGAIN_MILLISECONDS,
  });
  useEffect(() => {
    document.title = `${text.status.title} · Lookalike`;
  }, [text]);

  return (
    <div className="mx-auto max-w-5xl pt-8">
      <div className="mb-6 flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-3xl font-bold tracking-tight sm:text-4xl">{text.status.title}</h1>
        <a href="/docs" className={looksLikeButton()}>
          {text.status.api}
        </a>
      </div>
      {readiness.isError ? (
        <FailureNotice failure={failureOf(readiness.error)} onRetry={() => void readiness.refetch()} />
      ) : (
        <Light ready={readiness.data?.ready} waitingFor={readiness.data?.waiting_for ?? []} />
      )}
      {stats.isError && !readiness.isError && (
        <div className="mt-4">
          <FailureNotice failure={failureOf(stats.error)} onRetry={() => void stats.refetch()} />
        </div>
      )}
      {stats.data && <Facts stats={stats.data} />}
    </div>
  );
}

function Light({ ready, waitingFor }: { ready: boolean | undefined; waitingFor: readonly string[] }) {
  const text = useText();
  const Icon = ready === undefined ? LoaderCircle : ready ? CircleCheck : CircleAlert;
  return (
    <section role="status" className="flex items-start gap-4 rounded-3xl border border-line bg-card p-6 shadow-card">
      <Icon
        aria-hidden
        className={`size-8 shrink-0 ${ready === false ? "text-alarm" : ready ? "text-good" : "text-soft"}`}
      />
      <div>
        <p className="font-display text-xl font-semibold">
          {ready === undefined ? text.loading : ready ? text.status.ready : text.status.waiting}
        </p>
        {waitingFor.map((part) => (
          <p key={part} className="text-soft">
            {part}
          </p>
        ))}
      </div>
    </section>
  );
}

function Facts({ stats }: { stats: Stats }) {
  const text = useText();
  const formats = useFormats();
  const { embedder, search } = stats;
  const images = search.collections.reduce((sum, collection) => sum + collection.images, 0);
  return (
    <div className="mt-6 grid gap-6 md:grid-cols-2">
      <Card title={text.status.services}>
        <Row name={text.status.version}>{stats.version}</Row>
        <Row name={text.status.store}>{search.store}</Row>
        <Row name={text.status.revision} hint={text.status.revisionHint}>
          {formats.number(search.revision)}
        </Row>
        <Row name={text.status.images}>{formats.number(images)}</Row>
      </Card>
      <Card title={text.status.space}>
        <Row name={text.status.recipe}>{embedder.recipe}</Row>
        <Row name={text.status.weights}>{embedder.weights}</Row>
        <Row name={text.status.dimensions}>{formats.number(embedder.dimensions)}</Row>
        <Row name={text.status.metric}>{embedder.metric}</Row>
        <Row name={text.status.precision}>{embedder.precision}</Row>
        <Row name={text.status.input}>
          {embedder.image_size} × {embedder.image_size}
        </Row>
        <Row name={text.status.fingerprint}>
          <code className="font-mono text-sm">{embedder.fingerprint}</code>
        </Row>
      </Card>
      <Card title={text.status.collections} wide>
        {search.collections.map(({ name, images: count, space }) => (
          <Row
            key={name}
            name={
              <Link
                href={hrefIn("/collection/", name)}
                className="rounded-sm font-medium text-ink underline underline-offset-4"
              >
                {name}
              </Link>
            }
          >
            {count === 1 ? text.collection.oneImage : text.collection.images(formats.number(count))}
            {space === null && ` (${text.status.noImages})`}
            {space && space.fingerprint !== embedder.fingerprint && (
              <span className="text-alarm"> ({text.status.otherSpace})</span>
            )}
          </Row>
        ))}
      </Card>
    </div>
  );
}

function Card({ title, wide = false, children }: { title: string; wide?: boolean; children: ReactNode }) {
  return (
    <section className={`rounded-3xl border border-line bg-card p-6 shadow-card ${wide ? "md:col-span-2" : ""}`}>
      <h2 className="mb-3 text-lg font-semibold">{title}</h2>
      <dl>{children}</dl>
    </section>
  );
}

function Row({ name, hint, children }: { name: ReactNode; hint?: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4 border-t border-line/60 py-2 first:border-0" title={hint}>
      <dt className="text-soft">{name}</dt>
      <dd className="text-right break-all tabular-nums">{children}</dd>
    </div>
  );
}
