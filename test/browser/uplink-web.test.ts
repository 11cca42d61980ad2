import { expect, it } from "vitest";
import { browserWeb } from "../../src/hal/uplink/web-fetch.ts";
import type { WebAnswer } from "../../src/network/index.ts";
import { withLabServer } from "./lab-server.ts";

const signal = new AbortController().signal;
const get = (url: string) => ({ method: "GET", url, headers: [], body: null });

async function textOf(answer: WebAnswer): Promise<string> {
  let text = "";
  for (let piece = await answer.read(); piece !== null; piece = await answer.read()) {
    text += new TextDecoder().decode(piece);
  }
  return text;
}

it("asks as nobody: no cookie goes, twice, and no page is named", async () => {
  await withLabServer("web-server", async (port) => {
    const url = `http://127.0.0.1:${port}/open`;
    await browserWeb.fetch(get(url), signal);
    const answer = await browserWeb.fetch({ ...get(url), headers: [["accept", "text/x-lab"]] }, signal);
    expect(answer.status).toBe(200);
    const { headers } = JSON.parse(await textOf(answer));
    expect(headers).toMatchObject({ accept: "text/x-lab" });
    expect(headers).not.toHaveProperty("cookie");
    expect(headers).not.toHaveProperty("referer");
  });
});

it("follows where a server sends it", async () => {
  await withLabServer("web-server", async (port) => {
    const answer = await browserWeb.fetch(get(`http://127.0.0.1:${port}/open/redirect`), signal);
    expect(JSON.parse(await textOf(answer)).path).toBe("/open/there");
  });
});

it("cannot read what a server keeps from other sites, and says when it is certain that it is there", async () => {
  await withLabServer("web-server", async (port) => {
    for (const path of ["closed", "embeddable"]) {
      await expect(browserWeb.fetch(get(`http://127.0.0.1:${port}/${path}`), signal)).rejects.toThrow();
    }
    expect(await browserWeb.isThere(`http://127.0.0.1:${port}/embeddable`, signal)).toBe(true);
    expect(await browserWeb.isThere("http://127.0.0.1:1/", signal)).toBe(false);
  });
});

it("an answer that breaks off rejects; so does one that is given up", async () => {
  await withLabServer("web-server", async (port) => {
    const broken = await browserWeb.fetch(get(`http://127.0.0.1:${port}/open/broken`), signal);
    await expect(textOf(broken)).rejects.toThrow();
    const stop = new AbortController();
    const asked = browserWeb.fetch(get(`http://127.0.0.1:${port}/open`), stop.signal);
    stop.abort();
    await expect(asked).rejects.toThrow();
  });
});
