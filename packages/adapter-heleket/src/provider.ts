/** The adapter's name in errors. */
export const PROVIDER = 'heleket'
