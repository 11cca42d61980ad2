/** What the 256 characters of a PC's own font are: code page 437, with pictures in place of control characters. */
const low = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼";
const high =
  "⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ";
const lowest = 0x20;
const highest = 0x7f;

/** Rows of a text screen as text, without the spaces at their ends. */
export function rowsOf(cells: Uint8Array, columns: number): readonly string[] {
  const rows: string[] = [];
  for (let at = 0; at + columns * 2 <= cells.length; at += columns * 2) {
    let text = "";
    for (let column = 0; column < columns; column++) text += characterOf(cells[at + column * 2] ?? 0);
    rows.push(text.trimEnd());
  }
  return rows;
}

function characterOf(code: number): string {
  if (code < lowest) return low.charAt(code);
  return code < highest ? String.fromCharCode(code) : high.charAt(code - highest);
}
