/** The mark: a ranking, best first. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className}>
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <g className="fill-on-accent">
        <rect x="7" y="8" width="18" height="4" rx="2" />
        <rect x="7" y="14" width="13" height="4" rx="2" opacity="0.8" />
        <rect x="7" y="20" width="8" height="4" rx="2" opacity="0.6" />
      </g>
    </svg>
  );
}
