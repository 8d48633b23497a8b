// How the page is built: into `dist`, for addresses below `/ui/`, with every file but the page itself named by content.
// `npm run dev` serves it with made-up data, or before a running core with CORE=http://127.0.0.1:8080.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';
import { mock } from './mock/plugin.ts';

const core = process.env.CORE;

export default defineConfig(({ command, mode }) => ({
  base: '/ui/',
  plugins: [tailwindcss(), svelte(), ...(command === 'serve' && mode !== 'test' && !core ? [mock()] : [])],
  server: core ? { proxy: { '/api': core, '/events': core } } : {},
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.txt' },
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
}));
