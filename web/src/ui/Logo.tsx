/** Two pictures that overlap: where they do, they are alike. */
export function Logo({ className }: { className: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={className}>
      <rect x="2" y="2" width="19" height="19" rx="6" className="fill-ink" />
      <rect x="11" y="11" width="19" height="19" rx="6" className="fill-marigold" />
      <path d="M11 17a6 6 0 0 1 6-6h4v4a6 6 0 0 1-6 6h-4z" className="fill-paper" />
    </svg>
  );
}
