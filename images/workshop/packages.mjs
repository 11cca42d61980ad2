// @ts-check
// Debian packages without root and without touching the host: apt with a private state folder,
// so that i386 can be resolved on any host; apt itself verifies signatures and hashes.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BuildFailure, run } from "./run.mjs";

/**
 * @typedef {{ name: string, version: string, architecture: string, file: string, sha256: string, folder: string }} Package
 *   `file`: name of the .deb; `folder`: absolute path of its unpacked content.
 * @typedef {{
 *   hostArchitecture: string,
 *   fetch: (names: readonly string[]) => Promise<Package[]>,
 *   dependsOn: (found: Package) => Promise<string>,
 * }} PackageStore
 *   `fetch` takes names like `busybox-static:i386`; architecture-independent packages go without suffix.
 */

/** The architecture of every guest. */
export const guestArchitecture = "i386";

/**
 * Opens the package store in a cache folder, which it creates. Packages already downloaded are not
 * asked for again, so a rebuild works without a network.
 *
 * @param {{ cache: string, say: (line: string) => void, suite?: string }} options
 *   `suite`: take packages of this release of Debian instead of the host's
 * @returns {Promise<PackageStore>}
 */
export async function openPackageStore({ cache, say, suite }) {
  const hostArchitecture = (await run("dpkg", ["--print-architecture"])).stdout.toString().trim();
  const folders = { debs: join(cache, "debs"), unpacked: join(cache, "unpacked"), apt: join(cache, "apt") };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  const list = suite === undefined ? debianSources() : writeSuite(folders.apt, suite);
  const environment = { APT_CONFIG: writeAptConfiguration(folders.apt, { hostArchitecture, list }) };
  let refreshed = false;

  /** @param {readonly string[]} names */
  async function download(names) {
    if (!refreshed) {
      // A mirror in the middle of a sync breaks one index, rarely all: whether the packages
      // resolve is what decides, not the exit code of the refresh.
      const refresh = await run("apt-get", ["update"], { environment, tolerant: true });
      if (refresh.code !== 0) say("  some package indexes could not be refreshed; going on with the others");
      refreshed = true;
    }
    await run("apt-get", ["download", ...names], { environment, folder: folders.debs });
  }

  /** @param {string} file @returns {Promise<Package>} */
  async function unpack(file) {
    const path = join(folders.debs, file);
    const fields = (
      await run("dpkg-deb", ["-f", path, "Package", "Version", "Architecture"])
    ).stdout.toString();
    const folder = join(folders.unpacked, file.replace(/\.deb$/, ""));
    if (!existsSync(folder)) {
      const half = `${folder}.half`;
      rmSync(half, { recursive: true, force: true });
      await run("dpkg-deb", ["-x", path, half]);
      renameSync(half, folder);
    }
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    const field = (/** @type {string} */ key) => new RegExp(`^${key}: (.*)$`, "m").exec(fields)?.[1] ?? "";
    return {
      name: field("Package"),
      version: field("Version"),
      architecture: field("Architecture"),
      file,
      sha256,
      folder,
    };
  }

  return {
    hostArchitecture,
    async fetch(names) {
      const missing = names.filter((name) => findDeb(folders.debs, name) === undefined);
      if (missing.length > 0) await download(missing);
      return Promise.all(
        names.map((name) => {
          const file = findDeb(folders.debs, name);
          if (file === undefined) throw new BuildFailure(`apt-get did not deliver the package ${name}`);
          return unpack(file);
        }),
      );
    },
    async dependsOn(found) {
      const path = join(folders.debs, found.file);
      return (await run("dpkg-deb", ["-f", path, "Depends"])).stdout.toString().trim();
    },
  };
}

/**
 * @param {string} folder of .deb files
 * @param {string} name with or without `:architecture`
 * @returns {string | undefined} newest file by name order
 */
function findDeb(folder, name) {
  const [plain = "", architecture = "all"] = name.split(":");
  const fits = readdirSync(folder).filter(
    (file) => file.startsWith(`${plain}_`) && file.endsWith(`_${architecture}.deb`),
  );
  return fits.sort().at(-1);
}

/**
 * @param {string} folder the private apt folder
 * @param {{ hostArchitecture: string, list: string | undefined }} options `list`: of sources; undefined: apt's own
 * @returns {string} path of the apt configuration file
 */
function writeAptConfiguration(folder, { hostArchitecture, list }) {
  mkdirSync(join(folder, "state/lists/partial"), { recursive: true });
  mkdirSync(join(folder, "cache/archives/partial"), { recursive: true });
  writeFileSync(join(folder, "status"), "");
  const architectures = [...new Set([guestArchitecture, hostArchitecture])].map((name) => `"${name}";`);
  const lines = [
    `APT::Architecture "${guestArchitecture}";`,
    `APT::Architectures { ${architectures.join(" ")} };`,
    // Downloads go to a folder of the caller, which apt's unprivileged user may not enter.
    'APT::Sandbox::User "root";',
    `Dir::State "${join(folder, "state")}";`,
    `Dir::State::status "${join(folder, "status")}";`,
    `Dir::Cache "${join(folder, "cache")}";`,
    ...(list === undefined ? [] : [`Dir::Etc::sourcelist "${list}";`, 'Dir::Etc::sourceparts "-";']),
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
  ];
  const path = join(folder, "apt.conf");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

/**
 * A source list for one release, on the mirror that the host uses, checked with the keys it trusts.
 *
 * @param {string} folder the private apt folder
 * @param {string} suite
 * @returns {string} its path
 */
function writeSuite(folder, suite) {
  const known = debianSources();
  const text = known === undefined ? "" : readFileSync(known, "latin1");
  const mirror = /https?:\/\/\S+\/debian\/?(?=\s)/.exec(text)?.[0] ?? "http://deb.debian.org/debian";
  const keys = /^Signed-By: (\S+)/m.exec(text)?.[1] ?? "/usr/share/keyrings/debian-archive-keyring.gpg";
  const path = join(folder, "suite.list");
  writeFileSync(path, `deb [signed-by=${keys}] ${mirror} ${suite} main\n`);
  return path;
}

/**
 * The one source list that names Debian itself, so that indexes of other vendors are not read.
 *
 * @returns {string | undefined} undefined: leave apt's own choice alone
 */
function debianSources() {
  return ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"].find(
    (path) => existsSync(path) && /^(deb |Types: deb)/m.test(readFileSync(path, "latin1")),
  );
}
