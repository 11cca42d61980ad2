/** What a condition compares with. Whole numbers are `bigint`. */
export type WqlLiteral = string | bigint | number | boolean | null;

/** How a condition compares. */
export type WqlOperator = "=" | "<>" | "<" | ">" | "<=" | ">=" | "LIKE";

/** A property of an object, or of an object inside it: `TargetInstance.EnabledState`. */
export type PropertyName = readonly string[];

/** What must hold of an object. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly all: readonly Condition[] }
  | { readonly kind: "not"; readonly inner: Condition }
  | {
      readonly kind: "compare";
      readonly property: PropertyName;
      readonly operator: WqlOperator;
      readonly literal: WqlLiteral;
    }
  | { readonly kind: "isNull"; readonly property: PropertyName }
  | { readonly kind: "isA"; readonly property: PropertyName; readonly className: string };

/** A query of objects, of classes (`meta_class`) or of events. */
export interface SelectQuery {
  readonly kind: "select";
  /** `null`: all. */
  readonly properties: readonly PropertyName[] | null;
  readonly from: string;
  /** Seconds between looks, of an event query; `null` in others. */
  readonly within: number | null;
  readonly where: Condition | null;
}

/** What is linked with an object, or what links it. */
export interface LinkQuery {
  readonly kind: "associators" | "references";
  /** Path of the object. */
  readonly path: string;
  /** Class of the association; of what is found, when it asks for references. */
  readonly assocClass: string | null;
  /** Class of what is found at the other end. */
  readonly resultClass: string | null;
  /** Name of the association's end that the object is. */
  readonly role: string | null;
  /** Name of the association's end that what is found is. */
  readonly resultRole: string | null;
  /** Qualifier that the class of what is found must have. */
  readonly requiredQualifier: string | null;
  /** Qualifier that the class of the association must have. */
  readonly requiredAssocQualifier: string | null;
  /** Answers classes, each once. */
  readonly classDefsOnly: boolean;
  /** Answers paths and keys alone. */
  readonly keysOnly: boolean;
}

/** A query in the WMI Query Language. */
export type WqlQuery = SelectQuery | LinkQuery;
