/** `pout_01j9…`: the kind is in the type, in the database and in the log line. The body sorts by time. */
export type Id<Prefix extends string = string> = `${Prefix}_${string}`

/** The only source of new ids. Tests pass one that counts. */
export interface Ids {
  next<const Prefix extends string>(prefix: Prefix): Id<Prefix>
}

/** The only source of time. Tests move it by hand. */
export interface Clock {
  now(): Date
}
