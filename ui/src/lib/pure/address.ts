// Addresses of the page: which page, of what, and what stands behind the question mark.

export const BASE = '/ui';

export interface Route {
  page: 'overview' | 'servers' | 'server' | 'tools' | 'calls' | 'unknown';
  /** The server, where the page is about one. */
  name: string;
  query: Record<string, string>;
}

const PAGES: Record<string, Route['page']> = {
  '': 'overview',
  servers: 'servers',
  tools: 'tools',
  search: 'tools',
  activity: 'calls',
  calls: 'calls',
};

export function read(path: string, search: string): Route {
  const query = Object.fromEntries(new URLSearchParams(search));
  const [first = '', ...rest] = path
    .replace(BASE, '')
    .replace(/^\/+|\/+$/g, '')
    .split('/');
  if (first === 'servers' && rest.length > 0) return { page: 'server', name: decode(rest.join('/')), query };
  return { page: rest.length === 0 ? (PAGES[first] ?? 'unknown') : 'unknown', name: '', query };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An address below `/ui`; empty values are left out. */
export function to(path: string, query: Record<string, string> = {}): string {
  const kept = Object.entries(query).filter(([, value]) => value !== '');
  const search = new URLSearchParams(kept).toString();
  return `${BASE}${path}${search ? `?${search}` : ''}`;
}

export function toServer(name: string, tab = ''): string {
  return to(`/servers/${encodeURIComponent(name)}`, { tab });
}
