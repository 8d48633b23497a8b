// The one door for events: `/events` of the core, opened again for as long as somebody listens.

export type Link = 'connecting' | 'live' | 'lost';

export interface Listener {
  /** What was told; runtime events are taken out of their wrapper. `at` is when, in seconds. */
  event(name: string, payload: Record<string, unknown>, at: number): void;
  link(state: Link): void;
}

const NAMES = [
  'status',
  'servers.changed',
  'config.reloaded',
  'config.saved',
  'activity.tool_call.completed',
  'activity.policy_decision',
];
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5000;

/** Listens until the returned function is called. */
export function listen(listener: Listener): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = FIRST_PAUSE;
  let ended = false;

  const open = (): void => {
    source = new EventSource('/events', { withCredentials: true });
    source.onopen = () => {
      pause = FIRST_PAUSE;
      listener.link('live');
    };
    source.onerror = () => {
      // the browser's own pause is up to five seconds, and after a refusal it gives up; here both try on
      source?.close();
      if (ended) return;
      listener.link('lost');
      timer = setTimeout(open, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    };
    for (const name of NAMES) source.addEventListener(name, (event) => take(name, event as MessageEvent<string>));
  };

  const take = (name: string, event: MessageEvent<string>): void => {
    let data: unknown;
    try {
      data = JSON.parse(event.data);
    } catch {
      return;
    }
    const { payload, at } = unwrapped(data);
    listener.event(name, payload, at);
  };

  listener.link('connecting');
  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source?.close();
  };
}

/** Runtime events stand in `payload`; `status` and `ping` stand bare. */
export function unwrapped(data: unknown): { payload: Record<string, unknown>; at: number } {
  const object = (value: unknown): Record<string, unknown> =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const whole = object(data);
  const at = typeof whole.timestamp === 'number' ? whole.timestamp : Date.now() / 1000;
  return { payload: 'payload' in whole ? object(whole.payload) : whole, at };
}
