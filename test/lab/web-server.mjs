// @ts-check
/**
 * A small web server in a process of its own. Prints its port. `/open…` may be read by every site's pages, `/closed`
 * by none, `/embeddable` by none but be shown by all. An open answer tells the request's headers as JSON.
 */
import { createServer } from "node:http";
import { serveLoopback } from "./serve-loopback.mjs";

const server = createServer((request, response) => {
  const path = request.url ?? "/";
  if (path.startsWith("/open")) response.setHeader("Access-Control-Allow-Origin", "*");
  if (path.startsWith("/embeddable")) response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
  response.setHeader("Set-Cookie", "seen=1; Path=/");
  if (path === "/open/redirect") response.writeHead(302, { location: "/open/there" }).end();
  else if (path === "/open/broken") {
    response.writeHead(200, { "content-length": 1000 }).write("only this");
    setTimeout(() => response.destroy(), 50);
  } else response.end(JSON.stringify({ path, method: request.method, headers: request.headers }));
});
serveLoopback(server);
