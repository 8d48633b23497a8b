// The calls as the page keeps them: one list, newest first, whatever way each came in; their filter and their rate.
import type { Call } from '../api/types';

/** As many as the core itself keeps. */
export const KEPT = 1000;

type Loose = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

/** A call out of an event or a list. `told` is when the event was told, in seconds; for events that name no time. */
export function callOf(raw: Loose, told = 0): Call {
  const more = typeof raw.metadata === 'object' && raw.metadata !== null ? { ...raw, ...(raw.metadata as Loose) } : raw;
  const ms = number(raw.duration_ms);
  const timestamp = text(raw.timestamp) || new Date(told * 1000 - ms).toISOString();
  const error = text(raw.error_message);
  const status = text(raw.status) || 'other';
  return {
    id: text(raw.id) || text(raw.request_id) || `${timestamp}${text(raw.server_name)}${text(raw.tool_name)}`,
    server_name: text(raw.server_name),
    tool_name: text(raw.tool_name),
    status: status as Call['status'],
    code: text(more.code) || null,
    error_message: error || null,
    duration_ms: ms,
    timestamp,
    source: text(raw.source),
    tool_variant: text(more.tool_variant).replace('call_tool_', ''),
    client_name: text(more.client_name) || null,
    request_bytes: number(more.request_bytes),
    response_bytes: number(more.response_bytes),
  };
}

/** Both lists as one: each call once, newest first, no more than are kept. */
export function merged(known: readonly Call[], more: readonly Call[]): Call[] {
  const ids = new Set(known.map((call) => call.id));
  const fresh = more.filter((call) => !ids.has(call.id));
  if (fresh.length === 0) return known as Call[];
  const all = [...fresh, ...known];
  return all.sort((a, b) => when(b) - when(a) || Number(b.id) - Number(a.id) || 0).slice(0, KEPT);
}

export function when(call: Call): number {
  return Date.parse(call.timestamp);
}

/** Who called, as far as it said so. */
export function caller(call: Call): string {
  if (call.client_name?.startsWith('webui/')) return 'this web page';
  return call.client_name ?? call.source;
}

export function hasFailed(call: Call): boolean {
  return call.status !== 'success';
}

export interface CallFilter {
  words: string;
  status: 'all' | 'failed' | 'success';
  server: string;
}

export function matching(calls: readonly Call[], filter: CallFilter): Call[] {
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
  return calls.filter((call) => {
    if (filter.status !== 'all' && hasFailed(call) !== (filter.status === 'failed')) return false;
    if (filter.server && call.server_name !== filter.server) return false;
    if (words.length === 0) return true;
    const all = [
      call.server_name,
      call.tool_name,
      call.client_name,
      call.status,
      call.code,
      call.error_message,
      call.source,
    ];
    const hay = all.join(' ').toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

export interface Minutes {
  /** When each minute began, in seconds. */
  at: number[];
  well: number[];
  failed: number[];
}

/** Calls a minute for the last `length` minutes, the current one last. */
export function perMinute(calls: readonly Call[], now: number, length: number): Minutes {
  const last = Math.floor(now / 60_000);
  const first = last - length + 1;
  const at = Array.from({ length }, (_, minute) => (first + minute) * 60);
  const well = Array.from({ length }, () => 0);
  const failed = Array.from({ length }, () => 0);
  for (const call of calls) {
    const minute = Math.floor(when(call) / 60_000) - first;
    const row = hasFailed(call) ? failed : well;
    const before = row[minute];
    if (before !== undefined) row[minute] = before + 1;
  }
  return { at, well, failed };
}
