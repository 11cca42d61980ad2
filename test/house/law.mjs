// @ts-check

/**
 * Who may import whom. A room may always import itself. `types` are type-only imports.
 * The wings of hypervisor are rooms of their own here: they meet only in hvdef.
 * @type {Readonly<Record<string, { readonly may: readonly string[], readonly types?: readonly string[] }>>}
 */
export const law = {
  support: { may: [] },
  hvdef: { may: ["support"] },
  storage: { may: ["support"] },
  network: { may: ["support"] },
  wmi: { may: ["support"] },
  vid: { may: ["support", "hvdef"] },
  "hypervisor/vp": { may: ["support", "hvdef", "vid"] },
  "hypervisor/root": { may: ["support", "hvdef", "vid"] },
  vmbus: { may: ["support", "hvdef"] },
  vsp: { may: ["support", "hvdef", "storage", "network", "vmbus"] },
  vmwp: { may: ["support", "hvdef", "vid", "hypervisor/vp", "vmbus"] },
  vmms: { may: ["support", "hvdef", "storage", "network", "wmi", "vsp"] },
  cluster: { may: ["support", "hvdef", "wmi"] },
  powershell: { may: ["support", "wmi"] },
  ui: { may: ["support", "hvdef", "wmi", "powershell"] },
  hal: {
    may: ["support", "hvdef"],
    types: ["storage", "network", "vid", "hypervisor/vp", "hypervisor/root", "vmbus", "vmms", "cluster"],
  },
};

/** Rooms that may import packages, and which. Everything else stands on our own code alone. */
export const packages = {
  hal: ["comlink", "v86"],
  ui: ["preact", "@preact/signals", "@xterm/xterm", "@xterm/addon-fit"],
};

/**
 * The law as rules of dependency-cruiser.
 * @param {string} root  folder that holds the rooms, e.g. `src`
 */
export function rules(root) {
  const rooms = Object.entries(law).flatMap(([room, { may, types = [] }]) => [
    {
      name: `${room} may import ${may.join(", ") || "nothing"}`,
      severity: "error",
      from: { path: `^${root}/${room}/` },
      to: { path: `^${root}/`, pathNot: [...allowed(root, [room, ...may, ...types])] },
    },
    {
      name: `${room} may not import these packages`,
      severity: "error",
      from: { path: `^${root}/${room}/` },
      to: {
        path: "node_modules",
        pathNot: (packages[/** @type {keyof typeof packages} */ (room)] ?? []).map(
          (name) => `node_modules/${name}/`,
        ),
      },
    },
  ]);
  return [
    ...rooms,
    {
      name: "a room is entered through its index",
      severity: "error",
      from: { path: `^${root}/(hypervisor/[^/]+|[^/]+)/` },
      to: {
        path: `^${root}/(hypervisor/[^/]+|[^/]+)/`,
        pathNot: [`^${root}/$1/`, "/index\\.tsx?$", `^${root}/hal/`],
      },
    },
    {
      name: "doors enter rooms through their index, and hal anywhere",
      severity: "error",
      from: { path: `^${root}/[^/]+\\.ts$` },
      to: { path: `^${root}/[^/]+/`, pathNot: ["/index\\.tsx?$", `^${root}/hal/`] },
    },
    { name: "no cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "everything resolves",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: ["\\.css$", "^vite/"] },
    },
  ];
}

/**
 * @param {string} root
 * @param {readonly string[]} rooms
 */
function allowed(root, rooms) {
  return rooms.map((room) => `^${root}/${room}/`);
}
