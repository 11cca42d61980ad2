import { existsSync, readFileSync } from "node:fs";
import binaryen from "binaryen";
import { describe, expect, test } from "vitest";
import { addHooks, hooks, neededExports } from "../../../wasm/hooks.mjs";

/** Leaves a mark in the global `trace`: what the original handler of a hooked instruction does. */
type Shape = "good" | "takesParameter" | "givesResult" | "isGlobal" | "missing";

/**
 * A module shaped like the engine core: everything that is asked for, and handlers that add 1 to the global
 * `trace`. The interpreter's call of a handler is `step`.
 */
function tinyCore(handlerShapes: Readonly<Record<string, Shape>> = {}, without: readonly string[] = []) {
  const module = new binaryen.Module();
  module.addGlobal("trace", binaryen.i32, true, module.i32.const(0));
  module.addGlobalExport("trace", "trace");
  module.setFeatures(binaryen.Features.MutableGlobals);
  module.setMemory(1, 2, "memory");
  const mark = () =>
    module.global.set("trace", module.i32.add(module.global.get("trace", binaryen.i32), module.i32.const(1)));
  for (const name of neededExports) {
    if (name === "memory") continue;
    module.addFunction(name, binaryen.none, binaryen.none, [], module.nop());
    if (!without.includes(name)) module.addFunctionExport(name, name);
  }
  for (const { handler } of hooks) {
    const shape = handlerShapes[handler] ?? "good";
    const params = shape === "takesParameter" ? binaryen.i32 : binaryen.none;
    const results = shape === "givesResult" ? binaryen.i32 : binaryen.none;
    const body =
      shape === "givesResult" ? module.block(null, [mark(), module.i32.const(1)], results) : mark();
    module.addFunction(handler, params, results, [], body);
    if (shape === "isGlobal") module.addGlobalExport("trace", handler);
    else if (shape !== "missing") module.addFunctionExport(handler, handler);
  }
  const step = (name: string) =>
    (handlerShapes[name] ?? "good") === "good" ? module.call(name, [], binaryen.none) : module.nop();
  module.addFunction(
    "step",
    binaryen.none,
    binaryen.none,
    [],
    module.block(
      null,
      hooks.map(({ handler }) => step(handler)),
      binaryen.none,
    ),
  );
  module.addFunctionExport("step", "step");
  if (without.includes("memory")) module.removeExport("memory");
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

async function instantiate(core: Uint8Array, answers: Readonly<Record<string, number>>) {
  const asked: string[] = [];
  const env = Object.fromEntries(
    hooks.map(({ hook }) => [
      hook,
      () => {
        asked.push(hook);
        return answers[hook] ?? 0;
      },
    ]),
  );
  const { instance } = await WebAssembly.instantiate(Uint8Array.from(core), { env });
  const exports: Record<string, unknown> = { ...instance.exports };
  return {
    asked,
    run(): void {
      if (typeof exports["step"] === "function") exports["step"]();
    },
    trace: () => (exports["trace"] instanceof WebAssembly.Global ? Number(exports["trace"].value) : -1),
  };
}

describe("a core of the right shape", () => {
  test("asks each hook, also when its own code calls the handler; 0 lets the original run", async () => {
    const core = await instantiate(addHooks(tinyCore()), {});
    core.run();
    expect(core.asked).toEqual(hooks.map(({ hook }) => hook));
    expect(core.trace()).toBe(hooks.length);
  });

  test("a hook that answers keeps its original from running, and only that one", async () => {
    for (const { hook } of hooks) {
      const core = await instantiate(addHooks(tinyCore()), { [hook]: 1 });
      core.run();
      expect(core.asked).toHaveLength(hooks.length);
      expect(core.trace()).toBe(hooks.length - 1);
    }
  });

  test("gains nothing but the three imports", () => {
    const before = new WebAssembly.Module(Uint8Array.from(tinyCore()));
    const after = new WebAssembly.Module(Uint8Array.from(addHooks(tinyCore())));
    expect(WebAssembly.Module.imports(before)).toEqual([]);
    expect(WebAssembly.Module.imports(after)).toEqual(
      hooks.map(({ hook }) => ({ module: "env", name: hook, kind: "function" })),
    );
    const names = (module: WebAssembly.Module) => WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names(after)).toEqual(names(before));
  });
});

describe("another version is refused, naming what is wrong", () => {
  test.each(neededExports)("export %s is missing", (name) => {
    expect(() => addHooks(tinyCore({}, [name]))).toThrow(`the engine core has no export ${name}`);
  });

  test.each(hooks.map(({ handler }) => handler))("handler %s", (handler) => {
    expect(() => addHooks(tinyCore({ [handler]: "missing" }))).toThrow(`no export ${handler}`);
    expect(() => addHooks(tinyCore({ [handler]: "isGlobal" }))).toThrow(`export ${handler} is no function`);
    for (const shape of ["takesParameter", "givesResult"] as const)
      expect(() => addHooks(tinyCore({ [handler]: shape }))).toThrow(
        `export ${handler} has another signature`,
      );
  });

  test("bytes that are no module", () => {
    expect(() => addHooks(Uint8Array.of(1, 2, 3, 4))).toThrow();
  });
});

describe("the pinned engine", () => {
  const published = new Uint8Array(readFileSync("node_modules/v86/build/v86.wasm"));
  const file = "public/engine/core.wasm";
  if (!existsSync(file)) throw new Error(`${file} is missing: run npm run wasm`);
  const built = new Uint8Array(readFileSync(file));
  const imports = (bytes: Uint8Array<ArrayBuffer>) =>
    WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(
      ({ module, name, kind }) => `${kind} ${module}.${name}`,
    );
  const exports = (bytes: Uint8Array<ArrayBuffer>) =>
    WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name, kind }) => `${kind} ${name}`);

  test("as built validates and has the three imports more", () => {
    expect(WebAssembly.validate(built)).toBe(true);
    const more = imports(built).filter((name) => !imports(published).includes(name));
    expect(more.sort()).toEqual(hooks.map(({ hook }) => `function env.${hook}`).sort());
    expect(imports(published).filter((name) => !imports(built).includes(name))).toEqual([]);
  });

  test("keeps every export, the handlers that compiled code calls among them", () => {
    expect(exports(published).filter((name) => !exports(built).includes(name))).toEqual([]);
    for (const { handler } of hooks) expect(exports(built)).toContain(`function ${handler}`);
  });
});
