// The one door for requests. The cookie goes along by itself: the page never sees a key. Not here: events.

/** What the core refused, or that it could not be asked. */
export class Refused extends Error {
  constructor(
    /** The HTTP status; 0 where there was no answer. */
    readonly status: number,
    message: string,
    readonly code = '',
    readonly hint = '',
  ) {
    super(message);
  }

  /** There was no answer: the core is down, or the way to it is. */
  get isUnreachable(): boolean {
    return this.status === 0;
  }

  /** The cookie is missing or has ended. */
  get isShutOut(): boolean {
    return this.status === 401;
  }
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface Envelope {
  success?: boolean;
  data?: unknown;
  is_error?: unknown;
  error?: unknown;
  code?: unknown;
  hint?: unknown;
}

/** Asks below `/api/v1`, and gives what stands in `data`. */
export async function ask<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await whole(method, path, body, signal)).data as T;
}

/** The content of what a tool answered, and whether it calls itself an error. */
export async function callTool(door: string, args: unknown): Promise<{ content: unknown; isError: boolean }> {
  const envelope = await whole('POST', '/tools/call', { tool_name: door, arguments: args });
  return { content: envelope.data, isError: envelope.is_error === true };
}

async function whole(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<Envelope> {
  const headers: Record<string, string> = { 'X-MCPProxy-Client': 'webui/web' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    const sent = body === undefined ? null : JSON.stringify(body);
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: sent,
      credentials: 'same-origin',
      signal: signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Refused(0, 'The core does not answer.');
  }
  return opened(response.status, response.ok, await response.text());
}

/** What an answer says; throws what it refuses. */
export function opened(status: number, ok: boolean, text: string): Envelope {
  let envelope: Envelope;
  try {
    envelope = text ? (JSON.parse(text) as Envelope) : {};
  } catch {
    envelope = { success: false, error: text.slice(0, 200) };
  }
  if (ok && envelope.success !== false) return envelope;
  const said =
    typeof envelope.error === 'string' && envelope.error ? envelope.error : `The core answered with ${status}.`;
  const word = (value: unknown): string => (typeof value === 'string' ? value : '');
  throw new Refused(status, said, word(envelope.code), word(envelope.hint));
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask<T>('GET', path, undefined, signal);
export const post = <T>(path: string, body?: unknown): Promise<T> => ask<T>('POST', path, body);
export const patch = <T>(path: string, body: unknown): Promise<T> => ask<T>('PATCH', path, body);
export const remove = <T>(path: string): Promise<T> => ask<T>('DELETE', path);

/** What went wrong, for people. */
export function told(error: unknown): string {
  if (error instanceof Refused) return error.hint ? `${error.message} ${sentence(error.hint)}` : error.message;
  return error instanceof Error ? error.message : String(error);
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
