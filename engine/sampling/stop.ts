// Stop strings: where a response ends before one, and how much of a growing text can be shown already.

/** Where the first of the stop strings begins in a text, or -1. */
export function findStop(text: string, stops: readonly string[]): number {
  const places = stops.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
  return places.length === 0 ? -1 : Math.min(...places);
}

/** The text without an end that more tokens may change: half a character, or the beginning of a stop string. */
export function settledText(text: string, stops: readonly string[]): string {
  const whole = text.replace(/\ufffd+$/, '');
  let held = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, whole.length); length > held; length--) {
      if (whole.endsWith(stop.slice(0, length))) held = length;
    }
  }
  return whole.slice(0, whole.length - held);
}
