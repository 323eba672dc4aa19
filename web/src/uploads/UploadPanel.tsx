"use client";

import { Check, CircleAlert, CopyCheck, LoaderCircle, type LucideIcon } from "lucide-react";
import { useFormats, useText } from "@/text/language";
import { Button } from "@/ui/Button";
import { wordsOf } from "@/ui/FailureNotice";
import { isOver, type Stage, type Upload } from "./queue";
import { useUploadList, useUploads } from "./UploadProvider";

/** Rows in the list: failures first, then what is under way, then the last that were added. */
const MOST_SHOWN = 100;
const RANK: Readonly<Record<Stage, number>> = { failed: 0, sending: 1, checking: 2, waiting: 3, added: 4, there: 5 };

/** The files that are being added, each with its progress. */
export function UploadPanel() {
  const text = useText();
  const formats = useFormats();
  const { queue, skipped, clear } = useUploads();
  const uploads = useUploadList();
  if (uploads.length === 0 && skipped === 0) return null;

  const count = (stage: Stage) => uploads.filter((upload) => upload.stage === stage).length;
  const over = uploads.filter(isOver).length;
  const running = over < uploads.length;
  const [total, done] = [formats.number(uploads.length), formats.number(over)];
  const sorted = uploads.toSorted((one, other) => RANK[one.stage] - RANK[other.stage]);
  const summary = text.uploads.summary(
    ...([count("added"), count("there"), count("failed")].map(formats.number) as [string, string, string]),
  );
  return (
    <section
      aria-labelledby="uploads"
      className="mb-8 animate-rise rounded-3xl border border-line bg-card p-5 shadow-card"
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h2 id="uploads" className="text-lg font-semibold">
          {text.uploads.title}
        </h2>
        <p role="status" className="text-soft tabular-nums">
          {running ? text.uploads.progress(done, total) : summary}
        </p>
        <div className="ml-auto flex flex-wrap gap-2">
          {count("failed") > 0 && !running && (
            <Button size="small" onClick={() => void queue.retryFailed()}>
              {text.uploads.retryFailed}
            </Button>
          )}
          {running ? (
            <Button
              size="small"
              onClick={() => {
                queue.stop();
              }}
            >
              {text.uploads.stop}
            </Button>
          ) : (
            <Button size="small" onClick={clear}>
              {text.uploads.clear}
            </Button>
          )}
        </div>
      </div>
      <progress
        aria-label={text.uploads.title}
        max={Math.max(uploads.length, 1)}
        value={over}
        className="mt-3 progress w-full"
      />
      {running && <p className="mt-2 text-sm text-soft">{text.uploads.resume}</p>}
      {skipped > 0 && <p className="mt-2 text-sm text-soft">{text.uploads.skipped(skipped)}</p>}
      {uploads.length > 0 && (
        // A list that scrolls has to be reached by the keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <ul tabIndex={0} aria-label={text.uploads.title} className="mt-3 max-h-64 overflow-y-auto text-sm">
          {sorted.slice(0, MOST_SHOWN).map((upload) => (
            <Row key={`${upload.collection}/${upload.path}`} upload={upload} />
          ))}
          {sorted.length > MOST_SHOWN && (
            <li className="px-1 py-1.5 text-soft">{text.uploads.others(formats.number(sorted.length - MOST_SHOWN))}</li>
          )}
        </ul>
      )}
    </section>
  );
}

const ICONS: Readonly<Partial<Record<Stage, LucideIcon>>> = { added: Check, there: CopyCheck, failed: CircleAlert };

function Row({ upload }: { upload: Upload }) {
  const text = useText();
  const formats = useFormats();
  const Icon = ICONS[upload.stage] ?? LoaderCircle;
  const failed = upload.stage === "failed";
  const words = upload.failure && wordsOf(upload.failure, text);
  const stage =
    upload.stage === "sending" ? `${text.uploads.sending} ${formats.percent(upload.sent)}` : text.uploads[upload.stage];
  return (
    <li className="flex items-start gap-2.5 border-t border-line/60 px-1 py-1.5">
      <Icon
        aria-hidden
        className={`mt-0.5 size-4 shrink-0 ${failed ? "text-alarm" : isOver(upload) ? "text-good" : "text-soft"} ${upload.stage === "sending" ? "animate-spin" : ""}`}
      />
      <span className="min-w-0 flex-1">
        <span className="block truncate">{upload.path}</span>
        {words && <span className="block text-alarm">{words.detail || words.title}</span>}
      </span>
      <span className={`shrink-0 tabular-nums ${failed ? "text-alarm" : "text-soft"}`}>{stage}</span>
    </li>
  );
}
