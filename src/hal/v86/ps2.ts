import type { Engine } from "../../vid/index.ts";
import type { V86Ps2 } from "./shape.ts";

/** First byte of a movement: always 1, and the signs of both directions. */
const always = 0x08;
const signX = 0x10;
const signY = 0x20;
const threeButtons = 7;
/** What the guest has made of the mouse: with a wheel, or with a wheel and five buttons. */
const withWheel = 3;
const withFiveButtons = 4;

/**
 * The keyboard and the mouse of the machine. The engine's own buffers overwrite what was not read, and lose all of
 * it with every command of the guest: so they get one key or movement at a time.
 */
export function emulatedInput(ps2: V86Ps2): Pick<Engine, "keyboardInput" | "mouseInput"> {
  return {
    keyboardInput(codes) {
      if (ps2.kbd_buffer.length > 0) return false;
      for (const code of codes) ps2.kbd_send_code(code);
      return true;
    },
    mouseInput({ dx, dy, buttons, wheel }) {
      if (!ps2.use_mouse || !ps2.mouse_stream_active()) return true;
      if (ps2.mouse_buffer.length > 0) return false;
      // Up is positive for this mouse, and its wheel turns the other way.
      const up = -dy;
      const turn = -wheel;
      const signs = (dx < 0 ? signX : 0) | (up < 0 ? signY : 0);
      const packet = [always | signs | (buttons & threeButtons), dx & 0xff, up & 0xff];
      if (ps2.mouse_id === withWheel) packet.push(turn & 0xff);
      if (ps2.mouse_id === withFiveButtons) packet.push((turn & 0x0f) | ((buttons & ~threeButtons) << 1));
      for (const byte of packet) ps2.mouse_buffer.push(byte);
      ps2.raise_irq();
      return true;
    },
  };
}
