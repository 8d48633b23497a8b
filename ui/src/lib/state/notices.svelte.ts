// Short notices at the edge of the page: what was done, with the way back, or what failed.
import { told } from '../api/request';

export interface Notice {
  id: number;
  kind: 'done' | 'failed';
  text: string;
  undo?: () => void;
}

/** How long what was done stays, in milliseconds; failures stay until they are closed. */
const STAYS = 8000;

class Notices {
  list = $state<Notice[]>([]);
  #last = 0;

  done(text: string, undo?: () => void): void {
    const id = this.#add(undo ? { kind: 'done', text, undo } : { kind: 'done', text });
    setTimeout(() => this.close(id), STAYS);
  }

  failed(what: string, error: unknown): void {
    this.#add({ kind: 'failed', text: `${what}: ${told(error)}` });
  }

  close(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(notice: Omit<Notice, 'id'>): number {
    const id = ++this.#last;
    this.list = [...this.list.slice(-3), { id, ...notice }];
    return id;
  }
}

export const notices = new Notices();
