/** The provider's name in errors and tables. */
export const PROVIDER = 'stripe'
