// What is true now: asked once, then followed by events. After a loss all of it is asked again.
import { listen, type Link } from '../api/events';
import { get, Refused } from '../api/request';
import type {
  ActivityList,
  Call,
  Info,
  Server,
  ServerList,
  Session,
  SessionList,
  Status,
  Tool,
  ToolList,
} from '../api/types';
import { callOf, KEPT, merged } from '../pure/calls';
import { Newest } from '../pure/newest';

/** Events come in bursts; the list of calls is put together at most so often, in milliseconds. */
const TOGETHER = 100;
/** How often times are told anew, and what no event tells is asked again, in milliseconds. */
const TICK = 5000;
/** Calls in one answer, at most. */
const PAGE = 100;

class Live {
  link = $state<Link>('connecting');
  /** Whether the core asked for access that this browser does not have. */
  shutOut = $state(false);
  /** Whether the lists were read at least once. */
  isLoaded = $state(false);
  now = $state(Date.now());
  servers = $state.raw<Server[]>([]);
  calls = $state.raw<Call[]>([]);
  sessions = $state.raw<Session[]>([]);
  status = $state.raw<Status | undefined>(undefined);
  info = $state.raw<Info | undefined>(undefined);
  /** All tools; `undefined` until somebody needed them. */
  tools = $state.raw<Tool[] | undefined>(undefined);
  /** Why the lists could not be read. */
  trouble = $state.raw<unknown>(undefined);

  #waiting: Call[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refused: ReturnType<typeof setTimeout> | undefined;
  #wantsTools = false;
  #toolsOf = '';
  #newest = new Newest();

  /** Begins, and ends with the returned function. */
  start(): () => void {
    void this.load();
    const end = listen({
      link: (state) => this.#linked(state),
      event: (name, payload, at) => this.#event(name, payload, at),
    });
    const tick = setInterval(() => this.#ticked(), TICK);
    return () => {
      end();
      clearInterval(tick);
    };
  }

  async load(): Promise<void> {
    try {
      const servers = this.#askFleet();
      const status = get<Status>('/status').then((status) => (this.status = status));
      const info = get<Info>('/info').then((info) => (this.info = info));
      await Promise.all([servers, status, info, this.#loadCalls(), this.#loadSessions()]);
      [this.isLoaded, this.shutOut, this.trouble] = [true, false, undefined];
    } catch (error) {
      this.trouble = error;
      if (error instanceof Refused && error.isShutOut) this.shutOut = true;
    }
  }

  server(name: string): Server | undefined {
    return this.servers.find((server) => server.name === name);
  }

  /** Shows a change before the core has told it; the core's word replaces it. */
  assume(name: string, change: Partial<Server>): void {
    this.servers = this.servers.map((server) => (server.name === name ? { ...server, ...change } : server));
  }

  async reloadServers(): Promise<void> {
    await this.#askFleet();
  }

  /** Reads all tools now, and again whenever the servers have others. */
  async needTools(): Promise<void> {
    this.#wantsTools = true;
    if (this.#toolsOf !== this.#toolMark() || !this.tools) await this.#loadTools();
  }

  async #loadTools(): Promise<void> {
    const mark = this.#toolMark();
    this.tools = (await get<ToolList>('/tools')).tools;
    this.#toolsOf = mark;
  }

  async #loadCalls(): Promise<void> {
    const known = this.calls.length;
    const list = await this.#page(0);
    // what was missed is more than a page, or nothing was known: then all the rest, once the page stands
    if (list.total > PAGE && known < list.total)
      setTimeout(() => void this.#loadOlder(list.total).catch(() => undefined), 100);
  }

  async #loadOlder(total: number): Promise<void> {
    for (let offset = PAGE; offset < Math.min(total, KEPT); offset += PAGE) await this.#page(offset);
  }

  async #page(offset: number): Promise<{ total: number }> {
    const list = await get<ActivityList>(`/activity?limit=${PAGE}&offset=${offset}`);
    this.calls = merged(
      this.calls,
      list.activities.map((raw) => callOf({ ...raw })),
    );
    return list;
  }

  async #loadSessions(): Promise<void> {
    this.sessions = (await get<SessionList>('/sessions?limit=20')).sessions;
  }

  #linked(state: Link): void {
    const before = this.link;
    this.link = state;
    // another core numbers its calls from the beginning
    if (state === 'live' && (before === 'lost' || this.shutOut)) {
      this.calls = [];
      void this.load();
    }
    if (state === 'lost' && !this.isLoaded) void this.load();
    if (state === 'lost') void get('/status').catch((error: unknown) => this.#denied(error));
  }

  #denied(error: unknown): void {
    if (error instanceof Refused && error.isShutOut) this.shutOut = true;
  }

  #event(name: string, payload: Record<string, unknown>, at: number): void {
    if (name === 'servers.changed') {
      if (Array.isArray(payload.servers)) {
        this.#newest.told();
        this.#fleet(payload.servers as Server[]);
      } else void this.reloadServers().catch(() => undefined);
    } else if (name === 'activity.tool_call.completed') {
      this.#waiting.push(callOf(payload, at));
      this.#timer ??= setTimeout(() => this.#takeCalls(), TOGETHER);
    } else if (name === 'activity.policy_decision') {
      // what is told of a refused call is less than what is kept of it
      this.#refused ??= setTimeout(() => {
        this.#refused = undefined;
        void this.#page(0).catch(() => undefined);
      }, TOGETHER);
    } else if (name.startsWith('config.')) {
      void this.reloadServers().catch(() => undefined);
    }
  }

  #takeCalls(): void {
    this.#timer = undefined;
    this.calls = merged(this.calls, this.#waiting);
    this.#waiting = [];
    this.now = Date.now();
  }

  #askFleet(): Promise<void> {
    return this.#newest.ask(
      () => get<ServerList>('/servers'),
      (list) => this.#fleet(list.servers),
    );
  }

  #fleet(servers: Server[]): void {
    this.servers = servers;
    if (this.#wantsTools && this.#toolsOf !== this.#toolMark()) void this.#loadTools().catch(() => undefined);
  }

  #toolMark(): string {
    return this.servers.map((server) => `${server.name} ${server.tool_count} ${server.connected_at ?? ''}`).join('\n');
  }

  #ticked(): void {
    this.now = Date.now();
    if (document.hidden || this.link !== 'live') return;
    void Promise.all([get<Status>('/status').then((status) => (this.status = status)), this.#loadSessions()]).catch(
      (error: unknown) => this.#denied(error),
    );
  }
}

export const live = new Live();
