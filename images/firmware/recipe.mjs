// @ts-check
// SeaBIOS and its VGA BIOS from Debian, and our own DSDT.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildFailure } from "../workshop/run.mjs";

/** @type {import("../workshop/recipes.mjs").Recipe} */
export const recipe = {
  name: "firmware",
  needs: [],
  ingredients: ["firmware"],
  tools: ["iasl"],
  async build({ store, tool, home, scratch }) {
    const [seabios] = await store.fetch(["seabios"]);
    if (seabios === undefined) throw new BuildFailure("the package seabios did not arrive");
    const rom = (/** @type {string} */ name) => readFileSync(join(seabios.folder, "usr/share/seabios", name));
    const bios = rom("bios.bin");
    if (bios.length !== 0x20000) throw new BuildFailure("Debian's bios.bin is not 128 KiB any more");
    return [
      {
        key: "bios",
        kind: "bios",
        file: "firmware/bios.bin",
        purpose: "SeaBIOS, to end at 1 MiB",
        bytes: bios,
        sources: [seabios],
      },
      {
        key: "vgabios",
        kind: "vga-bios",
        file: "firmware/vgabios.bin",
        purpose: "VGA BIOS for the emulated Bochs-style display adapter",
        bytes: rom("vgabios-stdvga.bin"),
        sources: [seabios],
      },
      {
        key: "dsdt",
        kind: "acpi-table",
        file: "firmware/dsdt.aml",
        purpose: "our ACPI description of the emulated machine and its VMBus",
        bytes: await compile({
          source: join(home, "firmware/dsdt.asl"),
          target: join(scratch, "dsdt"),
          tool,
        }),
        sources: [],
      },
    ];
  },
};

/**
 * @param {{ source: string, target: string, tool: import("../workshop/host-tools.mjs").RunTool }} options
 * @returns {Promise<Buffer>} the compiled table
 */
async function compile({ source, target, tool }) {
  // -f, because the compiler insists on device names of 7 or 8 characters (its error 6033) and
  // "VMBus" has five. Every other error still counts.
  const { stdout, stderr } = await tool("iasl", ["-f", "-vi", "-p", target, source], { tolerant: true });
  const errors = `${stdout}\n${stderr}`.split("\n").filter((line) => /\bError\b +\d{4}/i.test(line));
  const other = errors.find((line) => !line.includes("6033"));
  if (other !== undefined) throw new BuildFailure(`iasl refuses dsdt.asl: ${other.trim()}`);
  const table = readFileSync(`${target}.aml`);
  const sum = table.reduce((total, byte) => (total + byte) & 255, 0);
  if (table.length < 36 || table.readUInt32LE(4) !== table.length || sum !== 0) {
    throw new BuildFailure("iasl wrote a DSDT that is cut short");
  }
  return table;
}
