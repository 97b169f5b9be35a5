import { type AssetId, Money, ProviderError } from '@lastro/core/spec'

/** Reads and writes one provider's decimal amounts in one asset. */
export interface DecimalFormat<A extends AssetId> {
  /**
   * Money from a provider's text. Anything but a text of the pattern is refused, a JSON number too.
   * @throws ProviderError `unexpected_answer`, naming the field and never the value.
   */
  read(value: unknown, field: string): Money<A>
  /**
   * The provider's text for an amount, with all places of the asset.
   * @throws RangeError when the amount does not fit the pattern, naming the field.
   */
  write(money: Money<A>, field: string): string
}

/**
 * A provider's way of writing amounts. The pattern must match the whole text. Conversion is by text, so an amount is
 * exact or refused.
 */
export function decimalFormat<const A extends AssetId>(options: {
  readonly provider: string
  readonly asset: A
  /** Such as `/\d{1,10}\.\d{2}/`. */
  readonly pattern: RegExp
}): DecimalFormat<A> {
  const { provider, asset } = options
  // Anchored here, and without flags: a `g` or `y` would remember where the last match ended.
  const pattern = new RegExp(`^(?:${options.pattern.source})$`)
  const rule = `a decimal text matching ${options.pattern.source} in ${asset}`
  const refuse = (field: string): ProviderError =>
    new ProviderError({ provider, kind: 'unexpected_answer', message: `${field} is not ${rule}.` })
  return {
    read(value, field) {
      if (typeof value !== 'string' || !pattern.test(value)) throw refuse(field)
      try {
        // Some providers pad with zeros (`007.00`); a padded number is still the same number.
        return Money.parse(value.replace(/^(-?)0+(?=\d)/, '$1'), asset)
      } catch {
        throw refuse(field)
      }
    },
    write(money, field) {
      if (money.asset !== asset) throw new RangeError(`${field} must be in ${asset}, not ${money.asset}.`)
      const text = Money.format(money)
      if (!pattern.test(text)) throw new RangeError(`${field} must be ${rule}.`)
      return text
    },
  }
}
