// What a person does to servers: asked of the core, shown at once where that is safe, with the way back where there is one.
import { patch, post, Refused, remove } from '../api/request';
import type { Entry, Probe, Server } from '../api/types';
import { live } from './live.svelte';
import { notices } from './notices.svelte';

const path = (name: string): string => `/servers/${encodeURIComponent(name)}`;

export async function setEnabled(name: string, enabled: boolean): Promise<void> {
  live.assume(name, enabled ? { enabled, status: 'disconnected' } : { enabled, status: 'disabled', connected: false });
  try {
    await post(`${path(name)}/${enabled ? 'enable' : 'disable'}`);
    notices.done(`${name} is switched ${enabled ? 'on' : 'off'}.`, () => void setEnabled(name, !enabled));
  } catch (error) {
    notices.failed(`${name} could not be switched ${enabled ? 'on' : 'off'}`, error);
    await live.reloadServers().catch(() => undefined);
  }
}

export async function restart(name: string): Promise<void> {
  try {
    await post(`${path(name)}/restart`);
    notices.done(`${name} is starting again.`);
  } catch (error) {
    notices.failed(`${name} could not be restarted`, error);
  }
}

export async function hold(name: string): Promise<void> {
  try {
    await post(`${path(name)}/quarantine`);
    notices.done(`${name} is held: it was stopped, and waits for your approval.`);
  } catch (error) {
    notices.failed(`${name} could not be held`, error);
  }
}

/** `seen` is the mark of what was shown. Whether it was approved; `changed` = it is no longer what was shown. */
export async function approve(server: Server): Promise<'approved' | 'changed' | 'failed'> {
  try {
    await post(`${path(server.name)}/unquarantine`, { fingerprint: server.fingerprint });
    notices.done(`${server.name} is approved and starts now.`);
    return 'approved';
  } catch (error) {
    if (error instanceof Refused && error.status === 409) {
      await live.reloadServers().catch(() => undefined);
      return 'changed';
    }
    notices.failed(`${server.name} was not approved`, error);
    return 'failed';
  }
}

/** Whether it was removed. */
export async function removeServer(name: string): Promise<boolean> {
  try {
    await remove(path(name));
    live.servers = live.servers.filter((server) => server.name !== name);
    notices.done(`${name} was removed from the settings.`);
    return true;
  } catch (error) {
    notices.failed(`${name} was not removed`, error);
    return false;
  }
}

export async function add(entry: Entry): Promise<void> {
  await post('/servers', entry);
  await live.reloadServers();
}

export const change = (name: string, changes: Entry): Promise<unknown> => patch(path(name), changes);

export const probe = (entry: Entry): Promise<Probe> => post<Probe>('/servers/probe', { entry });
