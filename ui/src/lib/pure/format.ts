// Numbers and times as people read them. Units are always there.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export function count(number: number): string {
  return whole.format(number);
}

/** `1 tool`, `2 tools`. */
export function plural(number: number, noun: string, many = `${noun}s`): string {
  return `${count(number)} ${number === 1 ? noun : many}`;
}

/** How long something took; what is told of a call is in whole milliseconds. */
export function milliseconds(ms: number): string {
  if (ms < 1) return '< 1 ms';
  if (ms < 10) return `${one.format(ms)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${one.format(ms / 1000)} s`;
  return span(ms / 1000);
}

export function bytes(size: number): string {
  if (size < 1024) return `${count(size)} B`;
  if (size < 1024 * 1024) return `${one.format(size / 1024)} KiB`;
  return `${one.format(size / 1024 / 1024)} MiB`;
}

/** A length of time, in its two largest units. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  if (m < 60) return `${m} min`;
  const h = Math.floor(m / 60);
  if (h < 24) return m % 60 ? `${h} h ${m % 60} min` : `${h} h`;
  const d = Math.floor(h / 24);
  return h % 24 ? `${d} d ${h % 24} h` : `${d} d`;
}

/** How long ago, in one unit: a list stays quiet, the exact time is in its tooltip. */
export function ago(then: number, now: number): string {
  const s = Math.floor((now - then) / 1000);
  if (!Number.isFinite(s)) return '';
  if (s < 5) return 'just now';
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86_400)} d ago`;
}

/** The time of day here, with seconds. */
export function clock(time: number): string {
  return new Date(time).toLocaleTimeString('en-GB', { hour12: false });
}

/** Date and time here, exact. */
export function exact(time: string | number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '';
  return `${date.toLocaleDateString('sv-SE')} ${clock(date.getTime())}`;
}
