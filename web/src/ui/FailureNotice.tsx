"use client";

import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Failure } from "@/api/failure";
import { useText } from "@/text/language";
import type { Text } from "@/text/en";
import { Button } from "./Button";

/** What happened, in the words of the gateway where it has any. */
export function wordsOf(failure: Failure, text: Text): { title: string; detail: string; next: string | undefined } {
  const own = text.failure.own[failure.code] ?? text.failure.unknown;
  const { title, detail } = failure.problem ?? own;
  return { title, detail: detail === title ? "" : detail, next: text.failure.next[failure.code] };
}

interface Props {
  failure: Failure;
  onRetry?: (() => void) | undefined;
  children?: ReactNode;
}

/** Says what happened and what to do next. */
export function FailureNotice({ failure, onRetry, children }: Props) {
  const text = useText();
  const { title, detail, next } = wordsOf(failure, text);
  return (
    <div role="alert" className="animate-rise rounded-2xl border border-alarm/30 bg-alarm-well p-5">
      <p className="flex items-center gap-2 font-display font-semibold text-alarm">
        <TriangleAlert aria-hidden className="size-5 shrink-0" />
        {title}
      </p>
      {detail && <p className="mt-1.5">{detail}</p>}
      {next && <p className="mt-1.5 text-soft">{next}</p>}
      {(onRetry ?? children) && (
        <div className="mt-4 flex flex-wrap gap-2">
          {onRetry && <Button onClick={onRetry}>{text.retry}</Button>}
          {children}
        </div>
      )}
      {failure.problem?.request_id && (
        <p className="mt-3 font-mono text-xs text-soft">{text.failure.reference(failure.problem.request_id)}</p>
      )}
    </div>
  );
}
