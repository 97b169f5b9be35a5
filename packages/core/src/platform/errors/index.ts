export { isLastroError, LastroError } from './lastro-error.ts'
export { type Details, type ErrorCode, RULES } from './rules.ts'
