"use client";

interface Props {
  words: string;
  on: boolean;
  onChange: (on: boolean) => void;
}

export function Switch({ words, on, onChange }: Props) {
  return (
    <label className="flex cursor-pointer items-center gap-2.5 text-sm font-medium">
      <input
        type="checkbox"
        role="switch"
        checked={on}
        onChange={(event) => {
          onChange(event.target.checked);
        }}
        className="relative h-6 w-10 shrink-0 cursor-pointer appearance-none rounded-full bg-edge transition-colors before:absolute before:top-1 before:left-1 before:size-4 before:rounded-full before:bg-card before:transition-transform checked:bg-ink checked:before:translate-x-4 checked:before:bg-marigold"
      />
      {words}
    </label>
  );
}
