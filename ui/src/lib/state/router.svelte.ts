// Where the page is. Links are plain links; clicks on them are taken here, so that nothing is loaded anew.
import { BASE, read, type Route } from '../pure/address';

class Router {
  route = $state<Route>(read(location.pathname, location.search));

  constructor() {
    addEventListener('popstate', () => this.#take());
  }

  go(address: string, how: 'push' | 'replace' = 'push'): void {
    if (address === location.pathname + location.search) return;
    if (how === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    this.#take();
  }

  /** Changes what stands behind the question mark, and nothing else. */
  query(changes: Record<string, string>, how: 'push' | 'replace' = 'replace'): void {
    const query = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(changes)) {
      if (value) query.set(key, value);
      else query.delete(key);
    }
    const search = query.toString();
    this.go(location.pathname + (search ? `?${search}` : ''), how);
  }

  /** For the document: a click on one of our links. */
  click(event: MouseEvent): void {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = (event.target as Element | null)?.closest?.('a');
    if (!link || link.target || link.origin !== location.origin || !link.pathname.startsWith(`${BASE}/`)) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }

  #take(): void {
    this.route = read(location.pathname, location.search);
  }
}

export const router = new Router();
