import { sha256 } from "@/api/digest";

/** Photos that were searched with, kept in this browser alone so that its back button and reloads find them. */

const DATABASE = "lookalike";
const STORE = "photos";
/** The oldest photos beyond these are forgotten. */
export const MAX_PHOTOS = 40;

interface KeptPhoto {
  digest: string;
  photo: Blob;
  keptAt: number;
}

const inMemory = new Map<string, Blob>();
let database: Promise<IDBDatabase> | undefined;

/** Keep a photo, and answer the digest that finds it again. */
export async function keepPhoto(photo: Blob): Promise<string> {
  const digest = await sha256(photo);
  inMemory.set(digest, photo);
  try {
    const photos = await transaction("readwrite");
    const kept: KeptPhoto = { digest, photo, keptAt: Date.now() };
    await done(photos.put(kept));
    await forgetOldest(photos);
  } catch {
    // No storage, as in some private windows: the photo lasts as long as the page.
  }
  return digest;
}

/** Find a photo that was kept; undefined where it never was, or was forgotten. */
export async function findPhoto(digest: string): Promise<Blob | undefined> {
  const known = inMemory.get(digest);
  if (known) return known;
  try {
    const photos = await transaction("readonly");
    const found = await done(photos.get(digest) as IDBRequest<KeptPhoto | undefined>);
    if (found) inMemory.set(digest, found.photo);
    return found?.photo;
  } catch {
    return undefined;
  }
}

async function forgetOldest(photos: IDBObjectStore): Promise<void> {
  const surplus = (await done(photos.count())) - MAX_PHOTOS;
  if (surplus <= 0) return;
  const oldest = await done(photos.index("keptAt").getAllKeys(null, surplus));
  // `getAllKeys` of an index answers the primary keys in the index's order.
  for (const key of oldest) await done(photos.delete(key));
}

async function transaction(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  database ??= open();
  return (await database).transaction(STORE, mode).objectStore(STORE);
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE, { keyPath: "digest" }).createIndex("keptAt", "keptAt");
  };
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("the browser's storage failed"));
    };
  });
}
