/**
 * SHA-256 of these bytes, hexadecimal. `null` on a page that did not come over HTTPS: browsers give such
 * pages no cryptography.
 */
export const sha256: ((bytes: Uint8Array<ArrayBuffer>) => Promise<string>) | null =
  // Absent there, whatever its type says.
  (globalThis.crypto as Crypto | undefined)?.subtle === undefined
    ? null
    : async (bytes) => {
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
        return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
      };
