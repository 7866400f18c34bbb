// When to stop: Ctrl-C, a polite kill, a closed terminal, or the end of the supervisor that started this process.

/** Fires on the first of them; a second Ctrl-C ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', () => controller.abort());
  process.on('SIGHUP', () => controller.abort());
  if (process.connected) process.on('disconnect', () => controller.abort());
  return controller.signal;
}

export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
