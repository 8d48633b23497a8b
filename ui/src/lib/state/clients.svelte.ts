// The AI clients on the machine of the core: which there are, and our entry in their settings.
import { get, post, Refused, remove } from '../api/request';
import type { Client, ConnectPreview, ConnectResult } from '../api/types';
import { notices } from './notices.svelte';

const path = (id: string): string => `/connect/${encodeURIComponent(id)}`;

class Clients {
  /** Those that are installed; empty until the core has said which. */
  list = $state.raw<Client[]>([]);

  /** A core that finds no clients is no fault: they can be connected by hand. */
  async load(): Promise<void> {
    const all = await get<Client[]>('/connect').catch(() => []);
    this.list = all.filter((client) => client.installed);
  }

  async preview(id: string): Promise<ConnectPreview> {
    const preview = await get<ConnectPreview>(`${path(id)}/preview`);
    void this.load();
    return preview;
  }

  /** What came of it; `changed` = the file is no longer what was shown. */
  async connect(client: Client, seen: ConnectPreview): Promise<'connected' | 'changed' | 'failed'> {
    try {
      const ask = { precondition_token: seen.precondition_token, force: !!seen.connect_refusal };
      const done = await post<ConnectResult>(path(client.id), ask);
      const undo = (): void => void this.#undo(client, done.backup_name ?? '');
      notices.done(`${client.name}: ${done.message}.`, done.action === 'already_exists' ? undefined : undo);
      return 'connected';
    } catch (error) {
      if (error instanceof Refused && error.status === 409) return 'changed';
      notices.failed(`${client.name} was not connected`, error);
      return 'failed';
    } finally {
      void this.load();
    }
  }

  async disconnect(client: Client): Promise<void> {
    await this.#told(client, 'disconnected', () => remove<ConnectResult>(path(client.id)));
  }

  async #undo(client: Client, backup: string): Promise<void> {
    const ask = { backup_name: backup };
    await this.#told(client, 'taken back', () => post<ConnectResult>(`${path(client.id)}/undo`, ask));
  }

  async #told(client: Client, what: string, act: () => Promise<ConnectResult>): Promise<void> {
    try {
      notices.done(`${client.name}: ${(await act()).message}.`);
    } catch (error) {
      notices.failed(`${client.name} was not ${what}`, error);
    }
    await this.load();
  }
}

export const clients = new Clients();
