// Dark or light: as the system has it, until somebody chooses.

export type Theme = 'system' | 'light' | 'dark';
const KEPT_AS = 'mcpproxy-theme';

class Look {
  theme = $state<Theme>(kept());
  /** Grows with each change of colours, for what is drawn by hand. */
  changes = $state(0);

  constructor() {
    this.#apply();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.changes++);
  }

  next(): void {
    this.theme = this.theme === 'system' ? 'light' : this.theme === 'light' ? 'dark' : 'system';
    try {
      localStorage.setItem(KEPT_AS, this.theme);
    } catch {
      // a browser that keeps nothing keeps the choice until it is closed
    }
    this.#apply();
  }

  #apply(): void {
    const root = document.documentElement;
    if (this.theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = this.theme;
    this.changes++;
  }
}

function kept(): Theme {
  try {
    const theme = localStorage.getItem(KEPT_AS);
    return theme === 'light' || theme === 'dark' ? theme : 'system';
  } catch {
    return 'system';
  }
}

export const look = new Look();
