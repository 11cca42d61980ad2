import { useEffect, useRef } from "preact/hooks";
import type { ConsoleChoice } from "../console-choice.ts";
import type { ScreenSession, UiHost, VmView } from "../host.ts";
import { consoleTail } from "./console-tail.ts";

/** Height of a line of the console, and of what stands above it, pixels. */
const lineHeight = 12.5;
const headHeight = 34;

/** A canvas serves one power of a machine, and one look. */
function Look(props: { readonly screen: ScreenSession }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => (canvas.current === null ? undefined : props.screen.look(canvas.current)), []);
  return (
    <span class="arch-screen" aria-hidden="true">
      <canvas ref={canvas} />
    </span>
  );
}

/** What the guest's programs show: the screen or the serial console, as the visitor chose for this machine. */
export function Programs(props: {
  readonly host: UiHost;
  readonly consoles: ConsoleChoice;
  readonly vm: VmView;
  /** Pixels. */
  readonly height: number;
}) {
  const { host, consoles, vm } = props;
  if (consoles.view(vm) === "screen") {
    const screen = host.screen(vm.id);
    const power = screen.power.value;
    return power === 0 ? null : <Look key={`${vm.id} ${power}`} screen={screen} />;
  }
  const lines = Math.max(2, Math.floor((props.height - headHeight) / lineHeight));
  const tail = consoleTail(host.console(vm.id).text(), lines);
  return (
    <span class="arch-printed" aria-hidden="true">
      {tail.length === 0 ? "Nothing was printed on the serial console." : tail.join("\n")}
    </span>
  );
}
