/** Amounts as Pi writes them: JSON numbers with 7 places at most. Own code, so that it can bear witness. */
const SCALE = 7n
const UNIT = 10n ** SCALE
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

/** Units of 0.0000001 Pi from the text of a JSON number, or null when it is none of Pi's amounts. */
export function unitsOf(text: unknown): bigint | null {
  const match = typeof text === 'string' ? /^(\d{1,12})(?:\.(\d{1,7}))?$/.exec(text) : null
  if (match === null) return null
  return BigInt(match[1] ?? '0') * UNIT + BigInt((match[2] ?? '').padEnd(Number(SCALE), '0'))
}

/** The amount with 7 places: `3.1400000`. */
export function decimal(units: bigint): string {
  return `${units / UNIT}.${(units % UNIT).toString().padStart(Number(SCALE), '0')}`
}

/** The amount as a JSON number, written as servers do: without zeros at its end, small ones with an exponent. */
export function amountNumber(units: bigint, form: 'plain' | 'exponent'): unknown {
  if (form === 'exponent' && units > 0n && units < 1_000n) return rawJSON(`${units}e-7`)
  return rawJSON(decimal(units).replace(/\.?0+$/, ''))
}

/** Parses a body, with every number as the text that was written. Null: it is no JSON object. */
export function parseExact(body: string): Readonly<Record<string, unknown>> | null {
  // tidy-allow: parameters the shape that JSON.parse calls
  const keep = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' ? (context?.source ?? value) : value
  try {
    const value: unknown = JSON.parse(body, keep as Parameters<typeof JSON.parse>[1])
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}
