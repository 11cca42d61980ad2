import type { Ref } from "preact";
import type { InputSession } from "../hvdef/index.ts";
import type { ScreenScale } from "./console-choice.ts";
import { ConsoleInput } from "./console-input.tsx";
import { ConsoleTools } from "./console-tools.tsx";
import type { ScreenSession, VmView } from "./host.ts";
import { ScreenPane } from "./screen-pane.tsx";

/** The screen of a machine with its keyboard and mouse: what VMConnect shows. */
export function ScreenConsole(props: {
  readonly vm: VmView;
  readonly screen: ScreenSession;
  readonly input: InputSession;
  readonly scale: ScreenScale;
  /** What fills the display on demand. */
  readonly whole: Ref<HTMLDivElement>;
  readonly onLeave: () => void;
  readonly onTrouble: (text: string) => void;
}) {
  const { vm, screen, input, onTrouble } = props;
  return (
    <>
      <ConsoleTools key={`${vm.id} keys`} vm={vm} input={input} onFailure={onTrouble} />
      <div class="machine-screen-frame" ref={props.whole}>
        <ConsoleInput key={vm.id} vm={vm} input={input} onLeave={props.onLeave} onFailure={onTrouble}>
          <ScreenPane vm={vm} session={screen} scale={props.scale} />
        </ConsoleInput>
      </div>
    </>
  );
}
