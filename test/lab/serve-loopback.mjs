// @ts-check

/**
 * Lets a server of a test listen on a port of this computer (the first argument; else a free one), prints the port for whoever started the process,
 * and ends with them: they may die without a goodbye.
 * @param {import("node:http").Server} server
 */
export function serveLoopback(server) {
  server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
    const address = server.address();
    console.log(`port ${typeof address === "object" && address !== null ? address.port : 0}`);
  });
  process.stdin.resume().on("end", () => process.exit(0));
}
