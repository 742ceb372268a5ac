// SPDX-License-Identifier: MIT
//
// A browser that a test drives by lines of JSON: {"call": NAME, "arguments": [...]} on standard input, {"value": ...} or
// {"error": TEXT} on standard output. Whatever a well-made page does not do is remembered: problems().
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--no-first-run"];
const PATIENCE_MS = 90000;

const browser = await chromium.launch({ executablePath: process.argv[2] ?? "/usr/bin/chromium", args: FLAGS });
let page;
let seen = [];
let requests = [];

const calls = {
  async open(address, { scheme = "light", width = 1440, height = 900 } = {}) {
    await page?.context().close();
    seen = [];
    requests = [];
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height } });
    page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("console", (message) => seen.push(`console ${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => seen.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => {
      seen.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => requests.push(request.url()));
    page.on("websocket", (socket) => requests.push(socket.url()));
    // The observer is there before the page's own script.
    await page.addInitScript(() => {
      globalThis.violations = [];
      document.addEventListener("securitypolicyviolation", (event) =>
        globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
    const response = await page.goto(address);
    return { status: response.status(), headers: response.headers() };
  },
  evaluate: (expression) => page.evaluate(expression),
  // From outside: the page's policy does not let anything inside turn text into script. An element that is not there yet is waited for.
  async wait(expression, patienceMs = PATIENCE_MS) {
    const holds = () => page.evaluate(expression).catch((error) => {
      if (!/Cannot read properties of null/.test(error.message)) throw error;
      return false;
    });
    for (const end = Date.now() + patienceMs; !(await holds()); await page.waitForTimeout(20)) {
      if (Date.now() > end) throw new Error(`waited ${patienceMs} ms in vain; ${await page.evaluate("document.body.innerText.slice(0, 2000)")}`);
    }
    return true;
  },
  press: (key) => page.keyboard.press(key).then(() => true),
  type: (text) => page.keyboard.type(text).then(() => true),
  click: (selector) => page.click(selector).then(() => true),
  choose: (selector, value) => page.selectOption(selector, value).then(() => true),
  back: () => page.goBack().then(() => true),
  forward: () => page.goForward().then(() => true),
  // The wheel over the middle of an element, or AT another share of its width; KEY: held meanwhile.
  async wheel(selector, pixels, at = 0.5, key = null) {
    const { x, y, width, height } = await page.locator(selector).first().boundingBox();
    await page.mouse.move(x + width * at, y + height / 2);
    if (key !== null) await page.keyboard.down(key);
    await page.mouse.wheel(0, pixels);
    if (key !== null) await page.keyboard.up(key);
    return true;
  },
  // From one share of an element's width to another, with the button held.
  async drag(selector, from, to) {
    const { x, y, width, height } = await page.locator(selector).first().boundingBox();
    await page.mouse.move(x + width * from, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * to, y + height / 2, { steps: 7 });
    await page.mouse.up();
    return true;
  },
  screenshot: (path) => page.screenshot({ path, animations: "disabled" }).then(() => true),
  startTasks: () => browser.startTracing(page, { categories: ["toplevel"] }).then(() => true),
  // How long each task of the page's main thread took, in ms of CPU time: whoever else uses the machine does not count.
  async stopTasks() {
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
    const named = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
    const main = new Set(named.map(({ pid, tid }) => `${pid}/${tid}`));
    const tasks = traceEvents.filter(({ ph, pid, tid, tdur }) => ph === "X" && tdur !== undefined && main.has(`${pid}/${tid}`));
    return tasks.map(({ tdur }) => tdur / 1000);
  },
  async problems() {
    return { seen, requests, violations: await page.evaluate(() => globalThis.violations) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { call, arguments: values } = JSON.parse(line);
    answer = { value: (await calls[call](...values)) ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
