export { type Logger, redactingLogger, silentLogger } from './logger.ts'
export { describeError, redact } from './redact.ts'
