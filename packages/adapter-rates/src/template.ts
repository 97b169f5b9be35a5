/** What a template may name: `{base}`, `{quote}` and `{symbol}`. */
export type Names = Readonly<Record<'base' | 'quote' | 'symbol', string>>

const PLACEHOLDER = /\{([^{}]*)\}/g

/** The placeholders of a template, in order. */
export function placeholders(template: string): readonly string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name)
}

/** The template with its placeholders filled in, each value through `write` first. */
export function fill(template: string, options: { names: Names; write?: (value: string) => string }): string {
  const names: Readonly<Record<string, string>> = options.names
  return template.replace(PLACEHOLDER, (_whole, name: string) => {
    const value = names[name] ?? ''
    return options.write === undefined ? value : options.write(value)
  })
}
