"use client";

import { useQuery } from "@tanstack/react-query";
import { Camera, ImageUp, Link2 } from "lucide-react";
import Link from "next/link";
import { useId, useState } from "react";
import { failureOf } from "@/api/failure";
import { listImages } from "@/api/images";
import { useFormats, useText } from "@/text/language";
import { Button, looksLikeButton } from "@/ui/Button";
import { FailureNotice } from "@/ui/FailureNotice";
import { Frame } from "@/ui/Frame";
import { Picture } from "@/ui/Picture";
import { hrefIn, useSize, useStats } from "@/ui/collection";
import type { Given } from "./intake";
import { PhotoInput } from "./PhotoInput";
import { emptyQuery, hrefOf } from "./query";

const SUGGESTED = 24;

interface Props {
  collection: string;
  onGiven: (given: Given) => void;
}

/** What a search begins with. */
export function Start({ collection, onGiven }: Props) {
  const text = useText();
  const formats = useFormats();
  const size = useSize(collection);
  const stats = useStats();
  const onPhoto = (photo: Blob) => {
    onGiven({ kind: "photo", photo });
  };

  return (
    <>
      <section className="mx-auto max-w-3xl pt-10 pb-10 text-center sm:pt-16 sm:pb-14">
        <h1 className="text-4xl leading-[1.05] font-extrabold tracking-tight sm:text-6xl">
          <span className="block">{text.start.title}</span> <span className="block">{text.start.subtitle}</span>
        </h1>
        <p className="mx-auto mt-4 min-h-14 max-w-xl text-lg text-pretty text-soft">
          {size ? text.start.lead(formats.number(size)) : text.start.leadEmpty}
        </p>
        <div className="mt-8 rounded-[2rem] border-2 border-dashed border-line bg-card px-6 py-10 shadow-card transition-colors hover:border-edge">
          <div className="flex flex-wrap items-center justify-center gap-3">
            <PhotoInput kind="primary" onPhoto={onPhoto} className="min-h-12! rounded-2xl! px-6! text-base!">
              <ImageUp aria-hidden className="size-5" />
              {text.start.choose}
            </PhotoInput>
            <PhotoInput camera onPhoto={onPhoto} className="min-h-12! rounded-2xl! px-6! not-pointer-coarse:hidden">
              <Camera aria-hidden className="size-5" />
              {text.start.camera}
            </PhotoInput>
          </div>
          <p className="mt-4 text-soft pointer-coarse:hidden">{text.start.hint}</p>
          {stats.data?.url_fetch && <AddressForm onGiven={onGiven} />}
        </div>
        {stats.isError && (
          <div className="mt-6 text-left">
            <FailureNotice failure={failureOf(stats.error)} onRetry={() => void stats.refetch()} />
          </div>
        )}
      </section>
      {/* What comes below waits for what is above, so that it does not move. */}
      {!stats.isPending && (size === 0 ? <Empty collection={collection} /> : <Suggestions collection={collection} />)}
    </>
  );
}

function AddressForm({ onGiven }: { onGiven: (given: Given) => void }) {
  const text = useText();
  const id = useId();
  const [url, setUrl] = useState("");
  return (
    <form
      className="mx-auto mt-6 flex max-w-md gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onGiven({ kind: "address", url: url.trim() });
      }}
    >
      <label htmlFor={id} className="sr-only">
        {text.start.urlLabel}
      </label>
      <input
        id={id}
        type="url"
        required
        pattern="https?://.+"
        placeholder={text.start.urlHint}
        value={url}
        onChange={(event) => {
          setUrl(event.target.value);
        }}
        className="field"
      />
      <Button type="submit" aria-label={text.start.urlGo} title={text.start.urlGo} className="shrink-0">
        <Link2 aria-hidden className="size-5" />
      </Button>
    </form>
  );
}

function Empty({ collection }: { collection: string }) {
  const text = useText();
  return (
    <section className="mx-auto max-w-xl rounded-3xl bg-well p-8 text-center">
      <h2 className="text-2xl font-bold">{text.collection.empty}</h2>
      <p className="mt-2 text-soft">{text.collection.emptySearch}</p>
      <Link
        href={hrefIn("/collection/", collection)}
        prefetch={false}
        className={`mt-5 ${looksLikeButton({ kind: "primary" })}`}
      >
        {text.collection.add}
      </Link>
    </section>
  );
}

/** Some images of the collection, for those who have no photo at hand. */
function Suggestions({ collection }: { collection: string }) {
  const text = useText();
  const images = useQuery({
    queryKey: ["suggestions", collection],
    queryFn: ({ signal }) => listImages(collection, undefined, signal, { limit: SUGGESTED }),
  });
  if (images.isError) return null;
  return (
    <section className="min-h-96">
      <h2 className="mb-5 text-center text-lg font-semibold text-soft">{text.start.examples}</h2>
      <ul className="picture-rows gap-2! [--row:6.5rem]! sm:[--row:8.5rem]!">
        {images.data?.images.map(({ id, width, height, label, links }) => {
          const query = emptyQuery(collection);
          const like = { ...query, examples: [{ source: { kind: "stored", id }, wanted: "more" }] } as const;
          return (
            <Frame key={id} width={width} height={height}>
              <Link
                href={hrefOf(like)}
                prefetch={false}
                className="block size-full overflow-hidden rounded-xl bg-well transition-transform hover:scale-[1.03]"
              >
                <Picture
                  eager
                  src={links.thumbnail}
                  alt={text.start.example(label ?? text.image.nameless)}
                  className="object-cover"
                />
              </Link>
            </Frame>
          );
        })}
      </ul>
    </section>
  );
}
