export { type Logger, redactingLogger, silentLogger } from './logger.ts'
export { describeError, redact, traceOf } from './redact.ts'
