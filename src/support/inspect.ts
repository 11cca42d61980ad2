/** A leaf of the inspect tree. */
export type InspectLeaf = string | number | boolean | null;

/** What an object shows of itself: a plain, cloneable tree. Cheap to make, free of side effects. */
export interface InspectNode {
  readonly [name: string]: InspectLeaf | InspectNode;
}
