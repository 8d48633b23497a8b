// How long until something is seen: first contentful paint of the Overview, of a browser that runs already. It tells the
// figures and judges nothing: they depend on the machine.
import { core, end, open, told } from './stage.mjs';

const ROUNDS = 7;
const browser = await open();
const context = await browser.newContext({ viewport: { width: 1280, height: 850 } });
const page = await context.newPage();
await page.goto(`${core}/ui/?apikey=${told('KEY')}`);
await page.getByText(/tools, up for/).waitFor();

for (const path of ['/', '/tools', '/servers']) {
  const [paints, filled] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const fresh = await browser.newContext({
      viewport: { width: 1280, height: 850 },
      storageState: await context.storageState(),
    });
    const one = await fresh.newPage();
    await one.goto(`${core}/ui${path}`);
    await one.waitForFunction(() => !document.querySelector('.skeleton'));
    filled.push(await one.evaluate(() => performance.now()));
    paints.push(await one.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime));
    await fresh.close();
  }
  const middle = (numbers) => Math.round(numbers.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]);
  console.log(
    `paint: ${path} first contentful paint ${middle(paints)} ms (most ${Math.round(Math.max(...paints))} ms), with all data ${middle(filled)} ms, ${ROUNDS} fresh browsers`,
  );
}
await end(browser);
