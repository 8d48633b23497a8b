// Fails when what a browser has to load grows beyond its budget.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET = 250_000;
const folder = new URL('../dist/assets/', import.meta.url);
const sizes = readdirSync(folder).map((name) => [name, gzipSync(readFileSync(new URL(name, folder))).length]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
console.log(`page: ${total} bytes gzipped of ${BUDGET}`);
if (total > BUDGET) {
  for (const [name, size] of sizes) console.log(`  ${size} ${name}`);
  process.exit(1);
}
