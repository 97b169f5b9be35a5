/** The version in which Stripe is asked: the one that npm stripe 23.1.0 is written for. */
export const API_VERSION = '2026-10-28.endive'

/** Families whose objects this adapter was tried with. */
const FAMILIES: ReadonlySet<string> = new Set(['acacia', 'basil', 'clover', 'dahlia', 'endive'])

/** Versions before this one have no name, and the objects of acacia as far as they are read here. */
const FIRST_NAMED = '2024-09-30'

/** True for a version whose objects this adapter was tried with. */
export function isKnownVersion(version: string): boolean {
  const [, date, family] = /^(\d{4}-\d{2}-\d{2})(?:\.(\w+))?$/.exec(version) ?? []
  if (date === undefined) return false
  return family === undefined ? date < FIRST_NAMED : FAMILIES.has(family)
}
