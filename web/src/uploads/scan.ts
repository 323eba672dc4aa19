/** A file to be added, with the path that it was found at. */
export interface Found {
  readonly file: File;
  readonly path: string;
}

const IMAGE_NAME = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif)$/i;

/** Whether a file may be an image that the gateway takes; only the gateway knows, by its bytes. */
export const mayBeImage = ({ path }: Found): boolean => IMAGE_NAME.test(path) && !path.split("/").some(isHidden);

const isHidden = (part: string): boolean => part.startsWith(".");

/** The name of the folder that a file lies in, as `lookalike ingest` takes it for the label. */
export function labelOf(path: string): string | undefined {
  const folder = path.split("/").at(-2);
  return folder === "" ? undefined : folder;
}

/** Everything that was dropped, folders with all that is below them, in the order of their paths. */
export async function filesDropped(data: DataTransfer): Promise<Found[]> {
  // Entries must be taken before anything is awaited: the browser empties the list when the event is over.
  const entries = Array.from(data.items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return filesChosen(data.files);
  const found = (await Promise.all(entries.map(filesBelow))).flat();
  return found.sort(byPath);
}

/** Files that were chosen in a dialog; of a folder they know their paths in it. */
export const filesChosen = (files: Iterable<File>): Found[] =>
  Array.from(files, (file) => ({ file, path: file.webkitRelativePath || file.name })).sort(byPath);

async function filesBelow(entry: FileSystemEntry): Promise<Found[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => {
      entry.file(resolve, reject);
    });
    return [{ file, path: entry.fullPath.replace(/^\//, "") }];
  }
  const found: Found[] = [];
  for (const child of await childrenOf(entry as FileSystemDirectoryEntry)) found.push(...(await filesBelow(child)));
  return found;
}

async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  // It answers a hundred at a time, and none when there are no more.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return children;
    children.push(...some);
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

const byPath = (one: Found, other: Found): number => one.path.localeCompare(other.path);
