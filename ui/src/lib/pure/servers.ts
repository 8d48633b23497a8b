// What a server's state is called, which mark it gets, and where it stands in a list.
import type { Server } from '../api/types';
import { plural } from './format';

export type Mark = 'attention' | 'broken' | 'motion' | 'well' | 'off';

export function markOf(server: Server): Mark {
  if (!server.enabled || server.status === 'disabled') return 'off';
  if (server.quarantined) return 'attention';
  if (server.health.level === 'unhealthy') {
    return server.health.action === 'login' || server.health.action === 'set_secret' ? 'attention' : 'broken';
  }
  if (server.health.level === 'degraded') return 'attention';
  if (server.status === 'ready' || server.status === 'idle') return 'well';
  return 'motion';
}

export function needsYou(server: Server): boolean {
  const mark = markOf(server);
  return mark === 'attention' || mark === 'broken';
}

/** The state in a word or two; the reason stands beside it. */
export function stateWord(server: Server): string {
  if (!server.enabled) return 'Off';
  if (server.quarantined) return 'Held';
  if (server.status === 'ready') return 'Ready';
  if (server.status === 'idle') return 'Asleep';
  if (server.status === 'connecting') return 'Starting';
  if (server.status === 'discovering') return 'Reading its tools';
  if (server.health.action === 'login') return 'Sign-in needed';
  if (server.health.action === 'set_secret') return 'Secret missing';
  if (server.health.level === 'unhealthy') return 'Not working';
  return server.health.summary || 'Not started';
}

/** Why it is so, in one line; empty where the word says it all. */
export function reason(server: Server): string {
  if (!server.enabled) return '';
  if (server.quarantined) return 'waits for your approval; nothing of it runs';
  if (server.status === 'ready') return plural(server.tool_count, 'tool');
  return server.health.detail || server.last_error || server.health.summary || '';
}

const RANK: Record<Mark, number> = { attention: 0, broken: 0, motion: 1, well: 2, off: 3 };

/** What needs a person first, then what is in motion, then what is well, then what is off; by name within each. */
export function ordered(servers: readonly Server[]): Server[] {
  return [...servers].sort((a, b) => RANK[markOf(a)] - RANK[markOf(b)] || a.name.localeCompare(b.name));
}

/**
 * The same servers in the order that is on the screen, so that nothing jumps under a pointer: those that are shown keep
 * their places, new ones come first.
 */
export function settled(servers: readonly Server[], shown: readonly string[]): Server[] {
  const place = new Map(shown.map((name, at) => [name, at]));
  return ordered(servers).sort((a, b) => (place.get(a.name) ?? -1) - (place.get(b.name) ?? -1));
}

/** The one sentence that says whether all is well. */
export function sentence(servers: readonly Server[]): string {
  const running = servers.filter((server) => server.enabled);
  const need = servers.filter(needsYou).length;
  const ready = running.filter((server) => markOf(server) === 'well').length;
  const moving = running.filter((server) => markOf(server) === 'motion').length;
  if (servers.length === 0) return 'No servers yet';
  if (running.length === 0) return `${plural(servers.length, 'server')}, all switched off`;
  if (need === 0 && moving === 0) {
    return running.length === 1 ? 'Your server is ready' : `All ${running.length} servers are ready`;
  }
  const rest = [moving ? `${moving} starting` : '', need ? `${need} ${need === 1 ? 'needs' : 'need'} you` : ''];
  return `${ready} of ${plural(running.length, 'server')} ready, ${rest.filter(Boolean).join(', ')}`;
}
