import { redact } from './redact.ts'

/** Where the engine tells what it does: pino's shape, so a pino logger fits as it is. */
export interface Logger {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

const nothing = () => undefined

/** Tells nothing: the default. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** The same logger, shown only redacted facts: what reaches it holds no secrets, whatever its own settings are. */
export function redactingLogger(logger: Logger): Logger {
  const safe = (facts: object) => redact(facts) as object
  return {
    debug: (facts, message) => logger.debug(safe(facts), message),
    info: (facts, message) => logger.info(safe(facts), message),
    warn: (facts, message) => logger.warn(safe(facts), message),
    error: (facts, message) => logger.error(safe(facts), message),
  }
}
