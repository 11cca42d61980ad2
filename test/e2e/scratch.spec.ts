import { existsSync, renameSync, writeFileSync } from "node:fs";
import { openBrowser, openPage, test } from "./page.ts";

test("scratch", async ({ baseURL }, info) => {
  test.setTimeout(3_000_000);
  const browser = await openBrowser();
  const page = browser.context.pages()[0] ?? (await browser.context.newPage());
  await openPage(page, baseURL);
  const state: Record<string, unknown> = { page, context: browser.context, baseURL, info };
  for (let n = 1; ; ) {
    const file = `/work/nettest/test/e2e/cmd${n}.ts`;
    if (!existsSync(file)) {
      await new Promise((r) => setTimeout(r, 300));
      continue;
    }
    try {
      const { run } = await import(file);
      const t = Date.now();
      const r = await run(state);
      writeFileSync(`/tmp/nt/cmd/out${n}.tmp`, `${JSON.stringify(r, null, 1)}\n${Date.now() - t} ms\n`);
    } catch (e) {
      writeFileSync(`/tmp/nt/cmd/out${n}.tmp`, String((e as Error).stack));
    }
    renameSync(`/tmp/nt/cmd/out${n}.tmp`, `/tmp/nt/cmd/out${n}`);
    if (existsSync("/tmp/nt/cmd/quit")) break;
    n++;
  }
  await browser[Symbol.asyncDispose]();
});
