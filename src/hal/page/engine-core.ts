import { HvError, reasonOf } from "../../support/index.ts";

/** Fetches and compiles the hooked engine core. Compiled code is shared with every child. @throws HvError */
export async function loadEngineCore(base: string): Promise<WebAssembly.Module> {
  const wayOut = "Build it with npm run wasm, then reload.";
  let response: Response;
  try {
    response = await fetch(new URL("engine/core.wasm", base));
  } catch (failure) {
    throw new HvError(
      "engine.missing",
      `The processor emulator could not be loaded (${reasonOf(failure)}). ${wayOut}`,
    );
  }
  if (!response.ok) {
    throw new HvError(
      "engine.missing",
      `The processor emulator is missing (the server answered ${response.status}). ${wayOut}`,
    );
  }
  // A host that answers every unknown address with its start page.
  if (response.headers.get("content-type")?.startsWith("text/html")) {
    throw new HvError(
      "engine.missing",
      `The processor emulator is missing (the server sent a page instead). ${wayOut}`,
    );
  }
  try {
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (failure) {
    throw new HvError(
      "engine.corrupt",
      `The processor emulator is damaged (${reasonOf(failure)}). ${wayOut}`,
    );
  }
}
