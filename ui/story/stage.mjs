// What the scripts here share: the browser, steps with names, and what holds on every page: no request to another host, no
// broken policy, no error in the console.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What must be told by whoever starts a script: CORE, KEY, BINARY, FAKE, SHOTS, CLIENTS (the home of the clients). */
export function told(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; start this by: cargo test -p mcpproxy-tests --test ui`);
  return value;
}

export const core = told('CORE');

export async function open() {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
  // the sandbox of the browser needs a user of its own, which machines for tests often lack
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

/** Faults that no step looks for; told at the end. */
export const faults = [];

const pages = [];

/** A page that tells what goes wrong on it. */
export async function page(context, name) {
  const page = await context.newPage();
  pages.push(page);
  page.setDefaultTimeout(20_000);
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== core) faults.push(`${name}: a request to ${url.origin}`);
  });
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isRefusal) faults.push(`${name}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`${name}: ${error.stack ?? error.message}`));
  return page;
}

/** Serious findings of axe on what is shown. */
export async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const bad = violations.filter((it) => it.impact === 'serious' || it.impact === 'critical');
  for (const it of bad) {
    faults.push(
      `${what}: ${it.id}: ${it.help}: ${it.nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`,
    );
  }
  return violations.map((it) => `${it.impact} ${it.id}`);
}

export async function step(name, act) {
  const begun = Date.now();
  try {
    await act();
  } catch (error) {
    for (const fault of faults) console.log(`fault: ${fault}`);
    await pages[0]?.screenshot({ path: `${told('SHOTS')}/failed.png` });
    throw new Error(`in the step "${name}": ${error.message}`, { cause: error });
  }
  console.log(`step: ${name} (${Date.now() - begun} ms)`);
}

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Asks whoever started this to do something to the core, and waits until it is done. */
export async function please(what) {
  console.log(`please: ${what}`);
  await answers.next();
}

export function check(is, what) {
  if (!is) throw new Error(what);
}

export async function end(browser) {
  await browser.close();
  for (const fault of faults) console.log(`fault: ${fault}`);
  console.log(faults.length ? 'failed' : 'done');
  process.exit(faults.length ? 1 : 0);
}
