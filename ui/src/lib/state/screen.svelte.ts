// How much room there is, for what style sheets alone cannot decide.
import { MediaQuery } from 'svelte/reactivity';

class Screen {
  #narrow = new MediaQuery('(width < 40rem)');
  #wide = new MediaQuery('(width >= 75rem)');

  /** A phone: rows take two lines. */
  get isNarrow(): boolean {
    return this.#narrow.current;
  }

  /** A detail fits beside its list. */
  get isWide(): boolean {
    return this.#wide.current;
  }
}

export const screen = new Screen();
