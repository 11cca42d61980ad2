// @ts-check
import binaryen from "binaryen";

/**
 * One instruction handler of the engine core and the import that is asked first.
 * @typedef {{ readonly handler: string, readonly hook: string }} Hook
 */

/**
 * The interpreter and every JIT-compiled block call these exported handlers by name, so hooking the
 * handler hooks both.
 * @type {readonly Hook[]}
 */
export const hooks = [
  { handler: "instr_0FA2", hook: "hv_cpuid" },
  { handler: "instr_0F30", hook: "hv_wrmsr" },
  { handler: "instr_0F32", hook: "hv_rdmsr" },
];

/** What the rest of the project calls by name. A version of the engine without one of them is refused. */
export const neededExports = [
  "memory",
  "main_loop",
  "handle_irqs",
  "get_apic_addr",
  "read_tsc",
  "set_tsc",
  "update_state_flags",
  "set_jit_config",
  "reset_cpu",
  "jit_dirty_cache",
  "rust_init",
];

/** What the published core uses. More than that would let the writer emit encodings that Node 20 refuses. */
const features =
  binaryen.Features.MutableGlobals |
  binaryen.Features.NontrappingFPToInt |
  binaryen.Features.SignExt |
  binaryen.Features.BulkMemory |
  binaryen.Features.BulkMemoryOpt |
  binaryen.Features.SIMD128 |
  binaryen.Features.Multivalue |
  binaryen.Features.ReferenceTypes;

/**
 * Puts a call to an import in front of each handler: answered non-zero, the instruction is done.
 *
 * @param {Uint8Array} core  the engine as published
 * @returns {Uint8Array} the hooked engine
 * @throws {Error} naming the export that is missing or has another signature
 */
export function addHooks(core) {
  const module = binaryen.readBinary(core);
  try {
    module.setFeatures(features);
    for (const name of neededExports) {
      if (!module.getExport(name)) throw new Error(`the engine core has no export ${name}`);
    }
    for (const { handler, hook } of hooks) hookOne(module, handler, hook);
    if (!module.validate()) throw new Error("the hooked engine core does not validate");
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

/**
 * @param {binaryen.Module} module
 * @param {string} handler
 * @param {string} hook
 */
function hookOne(module, handler, hook) {
  const exported = module.getExport(handler);
  if (!exported) throw new Error(`the engine core has no export ${handler}`);
  const { value: name, kind } = binaryen.getExportInfo(exported);
  if (kind !== binaryen.ExternalFunction) throw new Error(`export ${handler} is no function`);
  const reference = module.getFunction(name);
  const shape = binaryen.getFunctionInfo(reference);
  if (shape.params !== binaryen.none || shape.results !== binaryen.none) {
    throw new Error(`export ${handler} has another signature than () -> ()`);
  }
  module.addFunctionImport(hook, "env", hook, binaryen.none, binaryen.i32);
  // The package's declarations lack this wrapper, which is the one way to replace a body.
  const original = /** @type {any} */ (binaryen).Function(reference);
  original.body = module.block(
    null,
    [module.if(module.call(hook, [], binaryen.i32), module.return()), shape.body],
    binaryen.none,
  );
}

/** Section that says which build of the engine a core is: saved states name it. */
export const buildSection = "tabvisor.build";

/**
 * Writes a build's name into a core, as a section of its own at the end.
 *
 * @param {Uint8Array} core
 * @param {string} build  at most 90 characters of ASCII: every length fits in one byte
 * @returns {Uint8Array}
 */
export function nameBuild(core, build) {
  const encoder = new TextEncoder();
  const name = encoder.encode(buildSection);
  const text = encoder.encode(build);
  if (text.length > 90) throw new Error("the build's name is too long");
  const section = [0, 1 + name.length + text.length, name.length, ...name, ...text];
  const named = new Uint8Array(core.length + section.length);
  named.set(core);
  named.set(section, core.length);
  return named;
}
