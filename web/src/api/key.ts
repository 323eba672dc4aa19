/** The API key that this browser shows the gateway, and whether one is asked for. */
export interface KeyState {
  readonly key: string | undefined;
  /** The gateway has refused to answer without a key, or with this one. */
  readonly asked: boolean;
}

const NAME = "lookalike.key";
const NONE: KeyState = { key: undefined, asked: false };
const listeners = new Set<() => void>();
let state: KeyState | undefined;

export const keyState = (): KeyState => (state ??= { key: kept(), asked: false });
export const noKey = (): KeyState => NONE;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Show this key from now on; remembered beyond this tab if wished. */
export function takeKey(key: string, remember: boolean): void {
  forgetKept();
  store(remember ? localStorage : sessionStorage, key);
  change({ key, asked: false });
}

export function forgetKey(): void {
  forgetKept();
  change({ key: undefined, asked: false });
}

/** Ask for a key, as after a 401. */
export function askForKey(): void {
  if (!keyState().asked) change({ key: keyState().key, asked: true });
}

export function stopAsking(): void {
  change({ key: keyState().key, asked: false });
}

function change(to: KeyState): void {
  state = to;
  for (const listener of listeners) listener();
}

function kept(): string | undefined {
  try {
    return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME) ?? undefined;
  } catch {
    return undefined;
  }
}

function store(storage: Storage, key: string): void {
  try {
    storage.setItem(NAME, key);
  } catch {
    // Storage is full or forbidden: the key lasts as long as the page.
  }
}

function forgetKept(): void {
  try {
    sessionStorage.removeItem(NAME);
    localStorage.removeItem(NAME);
  } catch {
    // What cannot be reached was never kept.
  }
}
