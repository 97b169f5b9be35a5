/** Which documents a check lets through. */
export interface DocumentRules {
  /** CNPJ with letters, issued from July 2026 on. Default true; false for a provider that does not take them yet. */
  readonly alphanumericCnpj?: boolean
}

const ALL_EQUAL = /^(.)\1+$/
const DIGITS_ONLY_CNPJ = /^\d{14}$/
const CNPJ = /^[0-9A-Z]{12}\d{2}$/

/** Weighted sum of the characters, from weight 2 on the right up to `highest` and round again. */
function weightedSum(text: string, highest: number): number {
  let sum = 0
  for (let index = 0; index < text.length; index += 1) {
    const weight = 2 + ((text.length - 1 - index) % (highest - 1))
    // A character counts as its ASCII code less 48: digits as themselves, A as 17 (Receita Federal, IN 2.229/2024).
    sum += (text.charCodeAt(index) - 48) * weight
  }
  return sum
}

function hasCheckDigits(text: string, highest: number): boolean {
  const digit = (body: string): string => {
    const rest = weightedSum(body, highest) % 11
    return rest < 2 ? '0' : `${11 - rest}`
  }
  const body = text.slice(0, -2)
  const first = digit(body)
  return text.slice(-2) === first + digit(body + first)
}

/** True for the 11 digits of a CPF whose check digits hold, without a mask. Eleven equal digits are none. */
export function isCpf(text: string): boolean {
  return /^\d{11}$/.test(text) && !ALL_EQUAL.test(text) && hasCheckDigits(text, 11)
}

/**
 * True for the 14 characters of a CNPJ whose check digits hold, without a mask: digits, and upper-case letters among
 * the first twelve (Receita Federal, IN 2.229/2024). Fourteen equal digits are none.
 */
export function isCnpj(text: string, rules: DocumentRules = {}): boolean {
  const shape = rules.alphanumericCnpj === false ? DIGITS_ONLY_CNPJ : CNPJ
  return shape.test(text) && !ALL_EQUAL.test(text) && hasCheckDigits(text, 9)
}
