const begin = String.fromCharCode(0x1b);
/** Sequences with which a program moves the cursor or changes colours. */
const sequences = new RegExp(
  `${begin}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${String.fromCharCode(7)}]*${String.fromCharCode(7)}|[()][A-Za-z0-9]|.)`,
  "g",
);
/** Reason: a line of a guest may have any length, and few characters are seen. */
const longestLine = 200;

/** The last lines of a console as plain text, without those that are empty at the end. */
export function consoleTail(text: string, lines: number): readonly string[] {
  const plain = text.slice(-4096).replace(sequences, "");
  const rows = plain.split("\n").map((row) => {
    // What was printed over is not seen any more.
    const written = row.replace(/\r+$/, "");
    return written.slice(written.lastIndexOf("\r") + 1).slice(0, longestLine);
  });
  while (rows.length > 0 && rows.at(-1) === "") rows.pop();
  return rows.slice(-lines);
}
