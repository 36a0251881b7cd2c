/** A table or file of questions that cannot be read as one. */
export class TableProblem extends Error {}
