// @ts-check
export const recipe = { name: "data-disk", needs: [], ingredients: [], tools: [], async build() { return []; } };
