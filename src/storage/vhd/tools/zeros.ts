/** Whether all bytes are zero. Fast where the view starts at a multiple of 4 of its buffer, right everywhere. */
export function allZeros(bytes: Uint8Array): boolean {
  const words = bytes.byteOffset % 4 === 0 ? bytes.length >> 2 : 0;
  const view = new Uint32Array(bytes.buffer, words === 0 ? 0 : bytes.byteOffset, words);
  for (let at = 0; at < view.length; at++) if (view[at] !== 0) return false;
  for (let at = words * 4; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}
