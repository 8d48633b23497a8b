// The story of a person at the page, against the real core: come in, add a server, approve it, find a tool, call it, see
// the call, change and disable the server, lose the core and have it back. Then every page in three widths and two colours.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, check, core, end, open, page as newPage, please, step, told } from './stage.mjs';

const [key, binary, fake, shots, home] = ['KEY', 'BINARY', 'FAKE', 'SHOTS', 'CLIENTS'].map(told);
mkdirSync(shots, { recursive: true });
const browser = await open();
const context = await browser.newContext({
  viewport: { width: 1280, height: 850 },
  permissions: ['clipboard-read', 'clipboard-write'],
});
const page = await newPage(context, 'page');
const at = (path) => `${core}/ui${path}`;
const heading = (name) => page.getByRole('heading', { level: 1, name });
const button = (name) => page.getByRole('button', { name, exact: true });
/** The row of a table that holds these words. */
const seen = (locator) => locator.filter({ visible: true }).first();
const row = (words) => page.getByRole('row').filter({ hasText: words });

async function addByCommand(name, line, approves) {
  await page.keyboard.press('a');
  await page.getByLabel('Command').fill(line);
  await page.getByLabel('Name', { exact: false }).first().fill(name);
  await button('Add').click();
  const dialog = page.getByRole('dialog', { name: `Approve ${name}?` });
  await dialog.waitFor();
  await button(approves ? 'Approve' : 'Keep it held').click();
  await dialog.waitFor({ state: 'detached' });
}

await step('without access it says how to get in', async () => {
  const answer = await page.goto(at('/'));
  check(answer.status() === 401, `the status is ${answer.status()}`);
  await page.getByText('mcpproxy ui').first().waitFor();
});

await step('the key becomes a cookie that the page cannot see, and leaves the address', async () => {
  await page.goto(at(`/?apikey=${key}`));
  await heading('No servers yet').waitFor();
  check(page.url() === at('/'), `the address is ${page.url()}`);
  const seen = await page.evaluate(
    () => document.cookie + JSON.stringify({ ...localStorage }) + document.documentElement.innerHTML,
  );
  check(!seen.includes(key), 'the page can see the key');
  await page.getByText('Waiting for the first hello of a client').waitFor();
  await accessible(page, 'empty Overview');
  await page.screenshot({ path: `${shots}/empty-1280-light.png` });
});

// another window, which is only looked at
const watcher = await newPage(await browser.newContext({ storageState: await context.storageState() }), 'watcher');
await watcher.goto(at('/'));
await watcher.getByRole('heading', { level: 1, name: 'No servers yet' }).waitFor();

await step('a client is connected after a look at what changes, and that is taken back', async () => {
  const settings = join(home, '.cursor', 'mcp.json');
  const before = readFileSync(settings, 'utf8');
  await button('Connect Cursor').click();
  const dialog = page.getByRole('dialog', { name: 'Connect Cursor?' });
  const change = await dialog.locator('[data-change]').textContent();
  check(change.includes(`${core}/mcp`) && !change.includes('mine'), `it shows ${change}`);
  await accessible(page, 'Connect a client');
  await page.screenshot({ path: `${shots}/connect-1280-light.png` });
  writeFileSync(settings, `${before}\n`);
  await button('Connect').click();
  await dialog.getByText('The file has changed').waitFor();
  check(readFileSync(settings, 'utf8') === `${before}\n`, 'what was not shown is written');
  await button('Show it as it is now').click();
  await button('Connect').click();
  await dialog.waitFor({ state: 'detached' });
  await button('Disconnect Cursor').waitFor();
  check(readFileSync(settings, 'utf8').includes(`${core}/mcp`), 'nothing is written');
  await button('Undo').click();
  await button('Connect Cursor').waitFor();
  check(readFileSync(settings, 'utf8') === `${before}\n`, 'it is not what it was');
});

await step('a server is tested, added, and held', async () => {
  await page.keyboard.press('a');
  await page.getByLabel('Command').fill(`'${binary}' demo-server`);
  await page.getByLabel('Name', { exact: false }).first().fill('demo');
  await accessible(page, 'Add a server');
  await button('Test').click();
  await page.getByText(/It works/).waitFor();
  await button('Add').click();
  await page.getByRole('dialog', { name: 'Approve demo?' }).waitFor();
  check(new URL(page.url()).pathname === '/ui/servers/demo', page.url());
});

await step('what approving would run is shown exactly, and approving runs it', async () => {
  const runs = await page.locator('[data-runs]').textContent();
  check(runs.includes(binary) && runs.includes('demo-server'), `it shows ${runs}`);
  await accessible(page, 'Approve');
  await page.screenshot({ path: `${shots}/approve-1280-light.png` });
  await button('Keep it held').click();
  await page.getByText('Held').first().waitFor();
  await button('Review demo').first().click();
  await button('Approve').click();
  await page
    .getByText(/^Ready/)
    .first()
    .waitFor();
  await row('convert').first().waitFor();
});

await step('the other window has followed', async () => {
  await watcher.getByRole('heading', { level: 1, name: 'Your server is ready' }).waitFor();
});

await step('servers of other kinds: many tools, held, broken', async () => {
  await addByCommand('many', `'${fake}' --tools 200`, true);
  await page
    .getByText(/^Ready/)
    .first()
    .waitFor();
  await addByCommand('held-one', `'${fake}' --tools 3`, false);
  await addByCommand('broken-one', `'${fake}-gone'`, true);
  await page.getByText('Not working').first().waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await heading('Servers').waitFor();
  await row('broken-one').waitFor();
});

await step('a snippet of another program is read and added', async () => {
  await page.goto(at('/servers?add=paste'));
  await page
    .getByLabel(/Settings of another program/)
    .fill(JSON.stringify({ mcpServers: { pasted: { command: fake, args: ['--tools', '2'] } } }));
  await button('Read it').click();
  await page.getByText(/1 server can be added/).waitFor();
  await button('Add').click();
  await page.getByRole('dialog', { name: 'Approve pasted?' }).waitFor();
  await button('Keep it held').click();
});

await step('a tool is found in words and called by keyboard alone', async () => {
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await heading('Tools').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('convert a temperature from Fahrenheit to Celsius');
  await page.getByText(/The best \d+, found in/).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.getByLabel('Search tools').fill('convert a temperature from Fahrenheit to Celsius');
  await page.getByText(/The best \d+, found in/).waitFor();
  await page.getByLabel('Search tools').blur();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByLabel(/Try it/).waitFor();
  check(decodeURIComponent(page.url()).includes('tool=demo:'), page.url());
  await page.getByLabel(/Try it/).fill('{"value": 100, "from": "fahrenheit", "to": "celsius"}');
  await button('Run').focus();
  await page.keyboard.press('Enter');
  await page.getByText(/37\.\d/).waitFor();
  await accessible(page, 'Tools, one open');
});

await step('a call that does not fit is refused, and says why', async () => {
  await page.getByLabel(/Try it/).fill('{"value": "warm"}');
  await button('Run').click();
  await page.getByText('It did not run.').waitFor();
});

await step('the calls appear elsewhere without a click', async () => {
  const last = watcher.getByRole('table', { name: 'Last calls' });
  await last.getByText('answered').first().waitFor();
  await last.getByText('refused').first().waitFor();
});

await step('calls are searched and looked at', async () => {
  await page.keyboard.press('Escape');
  await page.goto(at('/activity'));
  await row('convert').first().waitFor();
  await page.getByRole('radio', { name: 'Failed' }).click();
  await page.getByLabel('Search calls').fill('demo refused');
  await page.getByText('No call is like this').waitFor();
  await page.getByLabel('Search calls').fill('blocked');
  await row('refused').first().waitFor();
  await page
    .getByRole('link', { name: /convert/ })
    .first()
    .click();
  await page.getByText('Refused before it reached the server.').waitFor();
});

await step('a server is switched off, and on again by undoing', async () => {
  await page.goto(at('/servers'));
  await page.getByRole('switch', { name: 'demo is on' }).click();
  await seen(row('demo').getByText('Off')).waitFor();
  await button('Undo').click();
  await seen(row('demo').getByText('Ready')).waitFor();
});

await step('its configuration is changed, and only what changed is sent', async () => {
  await page.goto(at('/servers/many?tab=config'));
  await page.getByLabel('Variables').fill('PLAIN=1\nMY_TOKEN=hunter2-hunter2');
  await page.getByText('Will change env').waitFor();
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await button('Save').click();
  check((await sent).postData() === '{"env":{"PLAIN":"1","MY_TOKEN":"hunter2-hunter2"}}', (await sent).postData());
  // it runs something else now, so it is held again
  await page.getByRole('dialog', { name: 'Approve many?' }).waitFor();
  const runs = await page.locator('[data-runs]').textContent();
  check(runs.includes('PLAIN=1') && !runs.includes('hunter2'), `it shows ${runs}`);
  await button('Approve').click();
  await page.getByText('Nothing changed.').waitFor();
  check(!(await page.getByLabel('Variables').inputValue()).includes('hunter2'), 'the secret is shown');
  await page
    .getByText(/^Ready/)
    .first()
    .waitFor();
});

await step('its log and its history tell of it', async () => {
  await page.getByRole('tab', { name: 'Log' }).click();
  await page.getByRole('log').locator('p').first().waitFor();
  await page.getByRole('tab', { name: 'History' }).click();
  await page.getByRole('log').locator('p').first().waitFor();
});

await step('a server is removed only after a question', async () => {
  await page.goto(at('/servers'));
  await button('More about pasted').click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
  await row('pasted').waitFor();
  await button('More about pasted').click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await row('pasted').waitFor({ state: 'detached' });
});

await step('the keyboard map opens and closes', async () => {
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'detached' });
});

await step('only the rows that are seen are in the document', async () => {
  await page.goto(at('/tools'));
  await page.getByText(/^2\d\d tools$/).waitFor();
  const rows = await page.getByRole('row').count();
  check(rows > 10 && rows < 80, `${rows} rows`);
  const told = await page.getByRole('table').getAttribute('aria-rowcount');
  check(Number(told) > 200, `aria-rowcount is ${told}`);
});

await step('every page in each width and colour', async () => {
  const pages = {
    overview: '/',
    servers: '/servers',
    server: '/servers/demo?tool=convert_units',
    tools: '/tools',
    search: '/tools?q=convert+a+temperature',
    calls: '/activity',
    log: '/servers/many?tab=logs',
    config: '/servers/many?tab=config',
    add: '/servers?add=command',
    'not-found': '/nothing',
  };
  for (const [width, height] of [
    [375, 740],
    [768, 900],
    [1280, 850],
    [2560, 1300],
  ]) {
    for (const colorScheme of ['light', 'dark']) {
      const own = await browser.newContext({
        colorScheme,
        viewport: { width, height },
        storageState: await context.storageState(),
      });
      const shot = await newPage(own, `${width} ${colorScheme}`);
      for (const [name, path] of Object.entries(pages)) {
        await shot.goto(at(path));
        await shot.locator('h1, [role=dialog]').first().waitFor();
        await shot.waitForFunction(() => !document.querySelector('.skeleton'));
        // what is accessible does not hang on every width, and asking takes longest
        if (width === 375 || width === 1280) await accessible(shot, `${name} ${width} ${colorScheme}`);
        const over = await shot.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        check(over <= 0, `${name} is ${over} px too wide at ${width}`);
        await shot.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png` });
      }
      await own.close();
    }
  }
});

await step('the core is lost and comes back', async () => {
  await page.goto(at('/servers'));
  await row('demo').waitFor();
  await please('stop');
  await page.getByText('The core does not answer.').waitFor();
  await row('demo').waitFor();
  await please('start');
  // cookies end with the core that gave them
  await heading('Your access has ended').waitFor();
  await context.request.get(at(`/?apikey=${key}`));
  await seen(row('demo').getByText('Ready')).waitFor();
});

await end(browser);
