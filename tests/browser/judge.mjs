// Judges evidence pages in headless Chromium: node judge.mjs MODULES CHROMIUM [--shots FOLDER] PAGE…
// MODULES is a folder with playwright-core, axe-core and html-validate in its node_modules. Prints a JSON array of faults,
// empty where there are none. The pages are opened from the disk, and nothing they do reaches a network.

import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { tmpdir } from 'node:os';

const [modules, chromium, ...rest] = process.argv.slice(2);
const require = createRequire(join(modules, 'node_modules', 'judge.js'));
const { chromium: browserType } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const shots = rest[0] === '--shots' ? rest.splice(0, 2)[1] : null;
const pages = rest;
const faults = [];

const scratch = mkdtempSync(join(tmpdir(), 'judge-'));
const browser = await browserType.launch({ executablePath: chromium, args: ['--no-sandbox'] });
try {
  for (const file of pages) {
    const name = basename(file, '.html');
    const fault = (what) => faults.push(`${name}: ${what}`);
    for (const scheme of ['light', 'dark']) {
      for (const width of [390, 1280]) {
        const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
        const page = await context.newPage();
        page.on('console', (message) => fault(`console: ${message.text()}`));
        page.on('pageerror', (error) => fault(`error: ${error}`));
        page.on('request', (request) => {
          if (request.url() !== pathToFileURL(file).href) fault(`request: ${request.url()}`);
        });
        await page.goto(pathToFileURL(file).href);
        // DevTools evaluates although the page itself may run no script.
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        if (wide > width) fault(`overflows ${width} px: ${wide} px`);
        const outside = await page.evaluate(() => {
          const width = document.documentElement.clientWidth;
          const bad = [];
          for (const one of document.querySelectorAll('main *, header *')) {
            const box = one.getBoundingClientRect();
            if (box.width > 0 && (box.right > width + 1 || box.left < -1) && !one.closest('thead')) bad.push(one.tagName);
          }
          return bad;
        });
        if (outside.length) fault(`leaves the page at ${width} px: ${outside.join(' ')}`);
        const drawn = await page.evaluate(() => {
          const bad = [];
          for (const svg of document.querySelectorAll('svg')) {
            const frame = svg.getBoundingClientRect();
            const texts = [...svg.querySelectorAll('text')].map((text) => [text.textContent, text.getBoundingClientRect()]);
            for (const [words, box] of texts) {
              if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
                bad.push(`"${words}" leaves its picture`);
            }
            texts.forEach(([words, one], number) => {
              for (const [others, other] of texts.slice(number + 1)) {
                const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
                const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
                // Line boxes are higher than letters.
                if (across > 1 && down > 4) bad.push(`"${words}" and "${others}" overlap`);
              }
            });
          }
          return bad;
        });
        drawn.forEach((words) => fault(`${width} px: ${words}`));
        await page.evaluate(axe);
        const result = await page.evaluate(async () => {
          const found = await window.axe.run(document, { resultTypes: ['violations'] });
          return found.violations.map((one) => [one.impact, one.id, one.nodes.length, one.nodes[0].html.slice(0, 200)]);
        });
        for (const [impact, id, nodes, html] of result) {
          if (impact === 'serious' || impact === 'critical') fault(`axe at ${width} px, ${scheme}: ${impact} ${id} (${nodes}): ${html}`);
        }
        if (shots && (scheme === 'light' || width === 1280)) {
          const suffix = scheme === 'dark' ? '-dark' : '';
          await page.screenshot({ path: join(shots, `${name}-${width}${suffix}.png`), fullPage: true });
        }
        await context.close();
      }
    }
    faults.push(...(await printed(file, name)));
  }
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}

// What is kept together on paper: every check, row, figure and point of the list, unless it is longer than a page.
async function printed(file, name) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href);
  // A4 without the page's own margins, at 96 dots per inch.
  await page.setViewportSize({ width: Math.floor(((210 - 28) / 25.4) * 96), height: Math.floor(((297 - 30) / 25.4) * 96) });
  await page.emulateMedia({ media: 'print' });
  const parts = await page.evaluate(() => {
    const height = window.innerHeight;
    const words = (text) => text.replace(/\s+/g, '');
    return [...document.querySelectorAll('.check, tbody tr, .attention li, figure')]
      .filter((one) => one.getBoundingClientRect().height < height * 0.9)
      .map((one) => {
        const texts = [];
        const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const text = words(walker.currentNode.textContent);
          if (text) texts.push(text);
        }
        return texts;
      })
      .filter((texts) => texts.length > 1);
  });
  const pdf = join(scratch, `${name}.pdf`);
  await page.pdf({ path: pdf, format: 'A4', preferCSSPageSize: true });
  await context.close();
  let text;
  try {
    text = execFileSync('pdftotext', ['-raw', pdf, '-'], { encoding: 'utf8' });
  } catch {
    console.error('pdftotext is not installed, so that the printed page was not judged');
    return [];
  }
  const sheets = text.split('\f').map((sheet) => sheet.replace(/\s+/g, ''));
  const whole = (texts) => sheets.some((sheet) => texts.every((one) => sheet.includes(one)));
  return parts.filter((texts) => !whole(texts)).map((texts) => `${name}: cut on paper: ${texts.join(' ').slice(0, 200)}`);
}

const { HtmlValidate } = await import(pathToFileURL(require.resolve('html-validate')).href);
const checker = new HtmlValidate({
  extends: ['html-validate:standard'],
  rules: {
    // A page that is complete in itself has its style in it.
    'no-inline-style': 'off',
    'long-title': 'off',
    'require-sri': 'off',
  },
});
for (const file of pages) {
  const report = await checker.validateString(readFileSync(file, 'utf8'));
  for (const result of report.results)
    for (const message of result.messages)
      faults.push(`${basename(file)}: html-validate ${message.ruleId} at ${message.line}:${message.column}: ${message.message}`);
}
console.log(JSON.stringify(faults, null, 1));
