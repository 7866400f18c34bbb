/** Resolves when the browser has nothing better to do. */
export function idle(): Promise<unknown> {
  return new Promise((resolve) => {
    // Safari has no idle callbacks: a moment later is near enough.
    if (typeof requestIdleCallback === 'undefined') setTimeout(resolve, 50);
    else requestIdleCallback(resolve, { timeout: 2_000 });
  });
}
