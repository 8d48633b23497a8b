// The keyboard map: what works on every page. The list that is shown registers how to move in it.
import { to } from '../pure/address';
import { router } from './router.svelte';

export const MAP: [string, string][] = [
  ['/', 'Search on this page'],
  ['g o', 'Go to Overview'],
  ['g s', 'Go to Servers'],
  ['g t', 'Go to Tools'],
  ['g c', 'Go to Calls'],
  ['j  k', 'Next, previous row'],
  ['Enter', 'Open the row'],
  ['a', 'Add a server'],
  ['Esc', 'Close what is on top'],
  ['?', 'Show this map'],
];

const PAGES: Record<string, string> = { o: '/', s: '/servers', t: '/tools', c: '/activity' };

class Keys {
  isMapOpen = $state(false);
  /** Moves in the list that is shown. */
  move: ((by: 1 | -1) => void) | undefined;
  #afterG = false;

  press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    // what floats on top has the keyboard for itself
    if (document.querySelector('[role=dialog],[role=alertdialog],[role=menu]')) return;
    const afterG = this.#afterG;
    this.#afterG = event.key === 'g';
    if (this.#act(event.key, afterG)) event.preventDefault();
  }

  #act(key: string, afterG: boolean): boolean {
    const page = afterG ? PAGES[key] : undefined;
    if (page !== undefined) router.go(to(page));
    else if (key === '/') document.querySelector<HTMLElement>('[data-search]')?.focus();
    else if (key === '?') this.isMapOpen = true;
    else if (key === 'a') router.query({ add: 'command' }, 'push');
    else if ((key === 'j' || key === 'k') && this.move) this.move(key === 'j' ? 1 : -1);
    else return false;
    return true;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

export const keys = new Keys();
