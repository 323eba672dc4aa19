/** A choice that this browser remembers, as an external store for React. */
export class Preference<T extends string> {
  readonly #name: string;
  readonly #values: readonly T[];
  readonly #initial: () => T;
  readonly #listeners = new Set<() => void>();
  #current: T | undefined;

  /** `initial` says what holds until somebody has chosen. */
  constructor(name: string, values: readonly T[], initial: () => T) {
    this.#name = `lookalike.${name}`;
    this.#values = values;
    this.#initial = initial;
  }

  get = (): T => (this.#current ??= this.#kept() ?? this.#initial());

  set = (value: T): void => {
    this.#current = value;
    try {
      localStorage.setItem(this.#name, value);
    } catch {
      // Storage is full or forbidden: the choice lasts as long as the page.
    }
    for (const listener of this.#listeners) listener();
  };

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #kept(): T | undefined {
    try {
      const kept = localStorage.getItem(this.#name);
      return this.#values.find((value) => value === kept);
    } catch {
      return undefined;
    }
  }
}
